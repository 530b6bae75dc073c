package dev.graft.bench;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An empty folder, gone when it is closed. */
record Scratch(Path path) implements AutoCloseable {

  static Scratch open() throws IOException {
    return new Scratch(Files.createTempDirectory("graft-bench"));
  }

  @Override
  public void close() throws IOException {
    MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
  }
}
