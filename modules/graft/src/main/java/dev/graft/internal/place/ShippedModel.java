package dev.graft.internal.place;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import com.google.common.io.ByteStreams;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model among the resources of the class path, which its card lists with sizes and digests.
 *
 * @param name what it is called
 * @param card its {@code card.json}
 * @param loader what finds its files
 */
public record ShippedModel(String name, String card, ClassLoader loader) {

  private static final String RESOURCES = "META-INF/graft/backbones/";
  private static final String CARD = "card.json";
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

  /**
   * The one of this name, by the class loader of the thread or of Graft.
   *
   * @throws BadRequestException if there is none
   */
  public static ShippedModel named(String name) {
    return Stream.of(
            Optional.ofNullable(Thread.currentThread().getContextClassLoader()),
            Optional.ofNullable(ShippedModel.class.getClassLoader()))
        .flatMap(Optional::stream)
        .filter(loader -> NAME.matcher(name).matches() && !name.contains(".."))
        .flatMap(loader -> found(name, loader).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new BadRequestException(
                    "there is no backbone '"
                        + name
                        + "' on the class path; add the artifact dev.graft:graft-backbone-"
                        + name
                        + ", or give the folder of a SavedModel."));
  }

  private static Optional<ShippedModel> found(String name, ClassLoader loader) {
    try (@Nullable InputStream card = loader.getResourceAsStream(RESOURCES + name + "/" + CARD)) {
      return card == null
          ? Optional.empty()
          : Optional.of(
              new ShippedModel(
                  name, new String(card.readAllBytes(), StandardCharsets.UTF_8), loader));
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /**
   * Its folder below {@code cache}, unpacked now or before.
   *
   * @throws BadModelException if the resources are not what the card says
   */
  public Path in(Path cache) {
    String digest = Hashing.sha256().hashString(card, StandardCharsets.UTF_8).toString();
    try {
      return ModelCache.under(cache)
          .folder(name + "-" + digest.substring(0, 12), this::into)
          .resolve(name);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private void into(Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve(name));
    JsonNode files = new JsonMapper().readTree(card).path("files");
    for (Map.Entry<String, JsonNode> file : files.properties()) {
      Path path = folder.resolve(file.getKey()).normalize();
      if (!path.startsWith(folder)) {
        throw damaged(file.getKey());
      }
      Files.createDirectories(path.resolveSibling(".").normalize());
      copy(file.getKey(), path, file.getValue());
    }
    Files.writeString(folder.resolve(CARD), card);
  }

  private void copy(String file, Path to, JsonNode wanted) throws IOException {
    try (@Nullable InputStream in = loader.getResourceAsStream(RESOURCES + name + "/" + file)) {
      if (in == null) {
        throw damaged(file);
      }
      long bytes = wanted.path("bytes").asLong();
      HashingInputStream read =
          new HashingInputStream(Hashing.sha256(), ByteStreams.limit(in, bytes + 1));
      if (Files.copy(read, to) != bytes
          || !read.hash().toString().equals(wanted.path("sha256").asText())) {
        throw damaged(file);
      }
    }
  }

  private BadModelException damaged(String file) {
    return BadModelException.inFile(
        file,
        "the backbone '"
            + name
            + "' on the class path is damaged: its file '"
            + file
            + "' is not what its card says; build or fetch the artifact again.",
        null);
  }

  private static InputOutputException unreadable(String name, IOException e) {
    return new InputOutputException(
        "the backbone '" + name + "' cannot be unpacked (" + e.getMessage() + "); make room there.",
        e);
  }
}
