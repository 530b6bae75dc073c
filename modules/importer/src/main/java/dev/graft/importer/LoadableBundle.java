package dev.graft.importer;

import com.google.common.collect.ImmutableSet;
import com.google.common.io.MoreFiles;
import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.importer.internal.signature.Entries;
import dev.graft.importer.internal.trust.ServingCopy;
import dev.graft.importer.internal.weights.Initialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;

/**
 * A SavedModel in a form in which TensorFlow's C++ loader can be given it: without what {@link
 * ServingCopy} leaves out, with the checkpoint's index as Graft reads it, and with plain
 * signatures, so that it can be asked all that the imported {@link dev.graft.model.Model} can be
 * asked.
 *
 * @param path its folder
 * @param tags the tags of the MetaGraph
 */
@Internal
public record LoadableBundle(Path path, ImmutableSet<String> tags) {

  /**
   * A copy in {@code scratch} of the {@code saved_model.pb} in {@code path}, with links to the
   * weights and assets of the original, or copies of them where links cannot be made. If the
   * options trust the model it is the SavedModel itself, as long as its signatures are plain
   * tensors.
   *
   * @param path the SavedModel's folder
   * @param scratch a folder that the caller deletes; nothing is read there any more once TensorFlow
   *     has loaded it
   * @throws dev.graft.model.UntrustedModelException as the import of the same path and options
   */
  public static LoadableBundle of(Path path, ImportOptions options, Path scratch) {
    return SavedModelImporter.judged(
        path,
        options,
        (contents, admitted) ->
            options.trusted() && isPlain(contents.file().def(), admitted.entries())
                ? new LoadableBundle(contents.file().folder().path(), tags(contents.file().def()))
                : write(admitted.given(), contents, scratch));
  }

  /** Whether the file itself can be asked all that {@code entries} can be asked. */
  private static boolean isPlain(MetaGraphDef def, Entries entries) {
    return entries.added().isEmpty()
        && entries.signatures().stream()
            .allMatch(
                entry ->
                    ServingCopy.signature(def, entry)
                        .equals(def.getSignatureDefMap().get(entry.name())));
  }

  /** Writes {@code meta} to {@code scratch}, with the weights and assets of {@code contents}. */
  private static LoadableBundle write(MetaGraphDef meta, Contents contents, Path scratch) {
    SavedModelFolder folder = contents.file().folder();
    for (AssetFileDef asset : Initialization.assetDefs(meta)) {
      folder.requireAsset(asset.getFilename());
    }
    SavedModel copy =
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(meta).build();
    try {
      Files.createDirectories(scratch);
      Files.write(scratch.resolve("saved_model.pb"), copy.toByteArray());
      Path assets = folder.path().resolve("assets").toAbsolutePath();
      if (Files.isDirectory(assets)) {
        link(scratch.resolve("assets"), assets);
      }
      if (contents.weights().checkpoint().isPresent()) {
        weights(contents, Files.createDirectories(scratch.resolve("variables")));
      }
    } catch (IOException e) {
      throw new InputOutputException(
          "the folder for temporary files '"
              + scratch
              + "' cannot be written ("
              + e.getMessage()
              + "); make room there.",
          e);
    }
    return new LoadableBundle(scratch, tags(meta));
  }

  /** Gives {@code scratch} what is in the folder of the weights: the data, and an index of it. */
  private static void weights(Contents contents, Path scratch) throws IOException {
    Path folder = contents.file().folder().path().resolve("variables").toAbsolutePath();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = folder.relativize(file).toString();
        if (name.startsWith("variables.data-")) {
          link(scratch.resolve(name), file);
        }
      }
    }
    contents.weights().checkpoint().orElseThrow().writeIndex(scratch.resolve("variables"));
  }

  private static ImmutableSet<String> tags(MetaGraphDef meta) {
    return ImmutableSet.copyOf(meta.getMetaInfoDef().getTagsList());
  }

  private static void link(Path link, Path original) throws IOException {
    try {
      Files.createSymbolicLink(link, original);
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // another kind of file system, or links are not allowed
      try (Stream<Path> files = Files.walk(original)) {
        for (Path file : files.toList()) {
          Path to = link.resolve(original.relativize(file).toString());
          if (Files.isDirectory(file)) {
            Files.createDirectories(to);
          } else {
            MoreFiles.asByteSource(file).copyTo(MoreFiles.asByteSink(to));
          }
        }
      }
    }
  }
}
