package dev.graft.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The model that a command looks at, and that is all it needs. */
final class ModelParameter {

  @Parameters(
      paramLabel = "DIR|NAME",
      description =
          "A SavedModel's folder or archive (.zip, .tar.gz), or a backbone that ships with Graft.")
  private String model = "";

  /** The model's place. */
  Path path() {
    return ModelNames.resolve(model);
  }
}
