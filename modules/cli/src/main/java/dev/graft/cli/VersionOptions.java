package dev.graft.cli;

import dev.graft.Publication;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a version holds besides what it always does. */
final class VersionOptions {

  private static final int LARGEST = 4_000_000; // bytes: as many characters as a card has room for

  @Option(
      names = "--notes",
      paramLabel = "FILE",
      description =
          "Your own words on the model, as text or Markdown: what it is for, and what not. They"
              + " stand in its card, MODEL_CARD.md in the version.")
  private @Nullable Path file;

  @Option(
      names = "--features",
      description =
          "Have it give what its head reads, too, to search or cluster by, as graft features does:"
              + " by a signature 'features' beside serving_default, of pixels, and 'features_bytes'"
              + " beside serving_bytes, of files.")
  private boolean features;

  @Option(
      names = "--server-batches",
      paramLabel = "N,N",
      split = ",",
      description =
          "The sizes in which the server puts requests together: it is warmed up in these, besides"
              + " 1 (8,32).")
  private int @Nullable [] batches;

  /** {@code terms} with what was said. */
  Publication on(Publication terms) {
    Publication all = noted(terms).features(features);
    return batches == null ? all : all.serverBatches(batches);
  }

  private Publication noted(Publication terms) {
    if (file == null) {
      return terms;
    }
    try {
      if (!Files.isRegularFile(file)) {
        throw new BadRequestException(
            "'" + file + "' is no file; --notes takes one with your own words on the model.");
      }
      if (Files.size(file) > LARGEST) {
        throw new BadRequestException("'" + file + "' is too long for a card; say it shorter.");
      }
      return terms.notes(Files.readString(file, StandardCharsets.UTF_8));
    } catch (CharacterCodingException e) {
      throw new BadRequestException(
          "'" + file + "' is no text in UTF-8; save it as such for --notes.", e);
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + file + "' cannot be read (" + e.getMessage() + "); --notes takes a text.", e);
    }
  }
}
