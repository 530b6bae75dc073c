package dev.graft.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The model that a command works with. */
final class ModelOption {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR|NAME",
      description =
          "A SavedModel's folder or archive (.zip, .tar.gz), a folder of versions (the newest"
              + " counts), or a backbone that ships with Graft.")
  private String model = "";

  /** The model's place. */
  Path path() {
    return ModelNames.resolve(model);
  }

  @Override
  public String toString() {
    return "'" + model + "'";
  }
}
