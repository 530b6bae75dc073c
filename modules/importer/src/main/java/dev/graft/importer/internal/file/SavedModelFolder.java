package dev.graft.importer.internal.file;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadModelException;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.checkpoint.GitLfs;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.SavedModel;

/**
 * The files of one SavedModel.
 *
 * @param path its folder
 * @param pb the content of {@code saved_model.pb}
 */
public record SavedModelFolder(Path path, byte[] pb) {

  private static final String PB = "saved_model.pb";

  /** Structured values of Keras' functions nest deeper than protobuf's own limit of 100. */
  private static final int MAX_NESTING = 400;

  /** Reads {@code saved_model.pb} in {@code path}, which may also be that file itself. */
  public static SavedModelFolder at(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (path.endsWith(PB) && parent != null && Files.isRegularFile(path)) {
      return at(parent);
    }
    Path file = path.resolve(PB);
    if (!Files.exists(file)) {
      throw ForeignFile.refusal(path);
    }
    requireFile(file);
    try {
      return new SavedModelFolder(path, Files.readAllBytes(file));
    } catch (IOException e) {
      throw BadModelException.inFile(
          file.toString(), "'" + file + "' cannot be read: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) { // an array's limit, or an absurd size
      throw BadModelException.inFile(file.toString(), "'" + file + "' is too large to be read.", e);
    }
  }

  /** A pipe would be waited for, and a device read without end. */
  private static void requireFile(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw BadModelException.inFile(
          file.toString(),
          "'" + file + "' is no file but a folder, pipe or device; copy the model as files.",
          null);
    }
  }

  /** The content of {@code saved_model.pb}. */
  public SavedModel parse() {
    try {
      CodedInputStream in = CodedInputStream.newInstance(pb);
      in.setRecursionLimit(MAX_NESTING);
      return SavedModel.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      GitLfs.refusePointer(path.resolve(PB));
      throw damaged("it is no SavedModel message (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // an array does not fail
    } catch (OutOfMemoryError e) { // small messages can stand for large objects
      throw tooLarge(e);
    }
  }

  /** Says that a small message stands for more than there is room for. */
  public BadModelException tooLarge(Throwable cause) {
    return BadModelException.inFile(
        file(),
        "'"
            + file()
            + "' takes more memory than Java may use here; raise the limit if you trust it.",
        cause,
        Remedy.MORE_HEAP);
  }

  /** The path of {@code saved_model.pb}. */
  public String file() {
    return path.resolve(PB).toString();
  }

  /** Says that {@code saved_model.pb} is damaged. */
  BadModelException damaged(String what, @Nullable Throwable cause) {
    return BadModelException.inFile(
        file(),
        "'" + file() + "' is damaged: " + what + ". Copy or export the model again.",
        cause);
  }

  /** The checkpoint with the weights, if there is one; a model without weights has none. */
  public Optional<TensorBundle> checkpoint() {
    Path prefix = path.resolve("variables").resolve("variables");
    requireFiles(path.resolve("variables"));
    if (!TensorBundle.exists(prefix)) {
      return Optional.empty();
    }
    TensorBundle checkpoint = TensorBundle.open(prefix);
    checkpoint.requireWhole();
    checkpoint.requireSound();
    return Optional.of(checkpoint);
  }

  private static void requireFiles(Path variables) {
    if (!Files.isDirectory(variables)) {
      return;
    }
    try (Stream<Path> files = Files.list(variables)) {
      files
          .filter(file -> file.getFileName().toString().startsWith("variables."))
          .forEach(SavedModelFolder::requireFile);
    } catch (IOException e) {
      throw BadModelException.inFile(
          variables.toString(), "'" + variables + "' cannot be read: " + e.getMessage(), e);
    }
  }

  /** What Graft wrote beside a model that it exported itself. */
  public Optional<ModelMetadata> metadata() {
    Path file = path.resolve(ModelMetadata.FILE);
    try {
      return Files.isRegularFile(file)
          ? Optional.of(ModelMetadata.parse(Files.readString(file)))
          : Optional.empty();
    } catch (IOException e) {
      throw BadModelException.inFile(
          file.toString(), "'" + file + "' cannot be read: " + e.getMessage(), e);
    }
  }

  /** The file called {@code name} in the folder for assets; fails if it lies elsewhere. */
  Path asset(String name) {
    Path assets = path.resolve("assets").normalize();
    Path file = assets.resolve(name).normalize();
    if (name.isEmpty() || !file.startsWith(assets) || file.equals(assets)) {
      throw damaged("it names the asset '" + name + "', which is outside its folder", null);
    }
    return file;
  }

  /** As {@link #asset}; fails if there is no such file. */
  public Path requireAsset(String name) {
    Path file = asset(name);
    if (!Files.isRegularFile(file)) {
      throw BadModelException.inFile(
          file.toString(),
          "'" + file + "' is missing: the model's assets were not copied with it.",
          null);
    }
    return file;
  }

  /**
   * Fails if the asset {@code name} is a link to a file that did not come with the model. The
   * caches of Hugging Face are let through, where a model's folder holds links to files beside it.
   */
  public void requireOwn(String name) {
    Path file = asset(name);
    try {
      if (!Files.exists(file)) {
        return;
      }
      Path real = file.toRealPath();
      Path root = path.toRealPath();
      boolean own = real.startsWith(root);
      for (Path above = root; above != null && !own; above = above.getParent()) {
        own = above.endsWith("snapshots") && real.startsWith(above.resolveSibling("blobs"));
      }
      if (!own) {
        throw damaged(
            "its asset '" + name + "' is a link to '" + real + "', outside its folder", null);
      }
    } catch (IOException e) {
      throw BadModelException.inFile(
          file.toString(), "'" + file + "' cannot be read: " + e.getMessage(), e);
    }
  }

  /** What tells it from all others. */
  public String digest() {
    try {
      return FolderDigest.of(path, pb);
    } catch (IOException e) {
      throw BadModelException.inFile(
          path.toString(), "'" + path + "' cannot be read: " + e.getMessage(), e);
    }
  }

  /** How many bytes it takes on disk. */
  public long bytes() {
    try (Stream<Path> files = Files.walk(path)) {
      return files.mapToLong(SavedModelFolder::size).sum();
    } catch (IOException e) {
      throw BadModelException.inFile(
          path.toString(), "'" + path + "' cannot be read: " + e.getMessage(), e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new InputOutputException("'" + file + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }
}
