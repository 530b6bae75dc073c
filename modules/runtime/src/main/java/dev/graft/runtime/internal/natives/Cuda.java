package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;

/**
 * The CUDA that this process has, or why it has none.
 *
 * @param origin where it came from
 * @param version 12 or 13; 0 for none
 * @param sentence the same for a person, without a full stop
 * @param files the libraries that were loaded, in their order
 */
public record Cuda(Origin origin, int version, String sentence, ImmutableList<Path> files) {

  /** Where CUDA came from. */
  public enum Origin {
    /** Nowhere: the device is the CPU, or there are no natives for GPUs for this system. */
    NOT_ASKED_FOR,
    /** Nowhere: TensorFlow's natives on the class path are for the CPU. */
    NOT_NEEDED,
    /** Nowhere: there is no NVIDIA driver, so that nothing was unpacked or loaded. */
    NO_DRIVER,
    /** Nowhere: neither the machine nor the class path has one that fits. */
    NOT_FOUND,
    /** Nowhere: TensorFlow was loaded without it, and looks for it only as it is loaded. */
    TOO_LATE,
    /** What is installed on this machine. */
    SYSTEM,
    /** A jar on the class path. */
    JAR
  }

  /** It is there or not for others: who asked computes nothing on a card. */
  public static final Cuda NOT_ASKED_FOR =
      none(Origin.NOT_ASKED_FOR, "the device that was asked for is the CPU");

  /** Nothing was looked for, since TensorFlow has no natives for GPUs here. */
  public static final Cuda NOT_ON_THIS_SYSTEM =
      none(
          Origin.NOT_ASKED_FOR,
          "TensorFlow's natives are those for the CPU; for GPUs there are some for Linux on x86-64"
              + " alone");

  static Cuda none(Origin origin, String sentence) {
    return new Cuda(origin, 0, sentence, ImmutableList.of());
  }

  /** TensorFlow is there, and CUDA is not, for a reason. */
  static Cuda tooLate(String why) {
    return none(
        Origin.TOO_LATE,
        "TensorFlow was loaded without CUDA in this process, which cannot be made up for ("
            + why
            + "); start the process anew");
  }

  /** Whether GPUs were asked for by what is on the class path, and cannot be used. */
  public boolean isMissed() {
    return origin == Origin.NO_DRIVER || origin == Origin.NOT_FOUND;
  }
}
