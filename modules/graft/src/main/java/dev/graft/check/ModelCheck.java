package dev.graft.check;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** Finds out whether a model will work. */
public final class ModelCheck {

  private ModelCheck() {}

  /** {@link #of(Path, CheckOptions)} with the default options. */
  public static CheckReport of(Path path) {
    return of(path, CheckOptions.defaults());
  }

  /**
   * Finds out whether a model will work, by taking it the whole road in a process of its own: it is
   * imported, run beside TensorFlow's own loader on made-up inputs, given a new head where one is
   * found, trained for one step, exported and loaded again. That process takes this one's {@code
   * java.class.path}, which has to hold Graft's classes, not a jar of jars.
   *
   * @param path as for {@link dev.graft.Graft#load(Path)}
   * @return what held and what did not; also for a model that cannot be read at all, or that brings
   *     its process down
   */
  public static CheckReport of(Path path, CheckOptions options) {
    requireNonNull(path, "path");
    requireNonNull(options, "options");
    return CheckProcess.run(path, options);
  }
}
