package dev.graft.trainer.internal.features;

import dev.graft.runtime.TensorFlowRuntime;
import java.nio.file.Path;

/**
 * How many bytes there are for features.
 *
 * @param memory of Java's
 * @param disk in files
 * @param folder where these lie
 */
public record Room(long memory, long disk, Path folder) {

  /** There is none at all: nothing is kept. */
  public static final Room NONE = new Room(0, 0, Path.of(""));

  /** What {@code runtime} leaves to them, as it is now. */
  public static Room of(TensorFlowRuntime runtime) {
    double share = runtime.options().features().memory();
    long memory = (long) (share * Runtime.getRuntime().maxMemory());
    Path folder = FeatureSpace.folder(runtime);
    return new Room(memory, FeatureSpace.room(runtime, folder), folder);
  }
}
