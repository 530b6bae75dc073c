package dev.graft.internal.boxes;

import java.nio.file.Path;
import java.time.Duration;

/** How long the training took that only chooses; a run that goes on does not do it again. */
public final class Spent {

  private static final String FILE = "spent.txt";

  private Spent() {}

  /**
   * What it took, kept in the folder of a run from the first time on.
   *
   * @param now what it took in this process
   */
  public static Duration in(Path run, Duration now) {
    return Kept.in(run.resolve(FILE), () -> now, Duration::parse);
  }
}
