package dev.graft.savedmodel.file;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tells one SavedModel from all others: its graph and, by their checksums, its weights. */
@Internal
public final class FolderDigest {

  private FolderDigest() {}

  /** SHA-256 of {@code saved_model.pb} and the checkpoint's index in {@code folder}, in hex. */
  public static String of(Path folder) throws IOException {
    return of(folder, Files.readAllBytes(folder.resolve("saved_model.pb")));
  }

  /**
   * As {@link #of(Path)}, for who has read the graph.
   *
   * @param pb the content of {@code saved_model.pb}
   */
  public static String of(Path folder, byte[] pb) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher().putBytes(pb);
    Path index = folder.resolve("variables").resolve("variables.index");
    if (Files.isRegularFile(index)) {
      hasher.putBytes(Files.readAllBytes(index));
    }
    return hasher.hash().toString();
  }
}
