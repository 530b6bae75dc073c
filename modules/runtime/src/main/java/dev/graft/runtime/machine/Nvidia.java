package dev.graft.runtime.machine;

import com.google.common.collect.ImmutableList;
import com.sun.jna.Native;
import com.sun.jna.ptr.PointerByReference;
import dev.graft.error.Internal;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * NVIDIA's driver and its cards.
 *
 * @param driver the driver's version; empty without one
 * @param cuda the newest CUDA that the driver is for, as 12040 for 12.4; 0 without a driver
 * @param cards the cards, in NVML's order
 * @param error the number of the error that NVML gave in place of an answer; 0 if there was none,
 *     or if one of several cards answers
 * @param problem the same in words; empty if there was none, and if there is no NVML
 */
@Internal
public record Nvidia(
    String driver, int cuda, ImmutableList<Card> cards, int error, String problem) {

  private static final int TEXT = 96; // bytes; NVML's own constant for names

  /** There is neither a driver nor what would tell of one. */
  static final Nvidia NONE = new Nvidia("", 0, ImmutableList.of(), 0, "");

  /**
   * A card.
   *
   * @param name what NVIDIA calls it
   * @param major the first part of its compute capability
   * @param minor the second part
   * @param memory how many bytes it has; 0 where it does not say
   * @param free how many of them are free
   */
  public record Card(String name, int major, int minor, long memory, long free) {

    /** Its compute capability, as {@code 9.0}. */
    public String capability() {
      return major + "." + minor;
    }
  }

  /** The newest CUDA that the driver is for, as {@code 12.4}; empty without a driver. */
  public String newestCuda() {
    return cuda == 0 ? "" : cuda / 1000 + "." + cuda % 1000 / 10;
  }

  /** What this machine has. */
  public static Nvidia here() {
    return ask(Nvml::load);
  }

  static Nvidia ask(Supplier<Nvml> library) {
    Nvml nvml;
    try {
      nvml = library.get();
    } catch (LinkageError e) { // no driver, or JNA cannot unpack its own code
      return NONE;
    }
    try {
      int error = nvml.nvmlInit_v2();
      if (error != 0) {
        return failed(error, nvml.nvmlErrorString(error));
      }
      try {
        return ask(nvml);
      } finally {
        nvml.nvmlShutdown();
      }
    } catch (LinkageError e) { // JNA looks a function up when it is called
      return failed(Nvml.NO_SUCH_FUNCTION, String.valueOf(e.getMessage()));
    }
  }

  private static Nvidia failed(int error, String problem) {
    return new Nvidia("", 0, ImmutableList.of(), error, problem);
  }

  private static Nvidia ask(Nvml nvml) {
    byte[] driver = new byte[TEXT];
    int[] cuda = new int[1];
    int[] count = new int[1];
    int error = nvml.nvmlSystemGetDriverVersion(driver, TEXT);
    error = error == 0 ? nvml.nvmlSystemGetCudaDriverVersion_v2(cuda) : error;
    error = error == 0 ? nvml.nvmlDeviceGetCount_v2(count) : error;
    ImmutableList.Builder<Card> answers = ImmutableList.builder();
    int firstError = error;
    for (int i = 0; error == 0 && i < count[0]; i++) { // one that is lost hides no other
      int failure = card(nvml, i, answers);
      firstError = firstError == 0 ? failure : firstError;
    }
    ImmutableList<Card> cards = answers.build();
    error = cards.isEmpty() ? firstError : 0;
    String problem = error == 0 ? "" : nvml.nvmlErrorString(error);
    return new Nvidia(text(driver), cuda[0], cards, error, problem);
  }

  /** Adds a card to those that answer, or returns the number of its error. */
  private static int card(Nvml nvml, int index, ImmutableList.Builder<Card> answers) {
    byte[] name = new byte[TEXT];
    long[] memory = new long[3];
    int[] major = new int[1];
    int[] minor = new int[1];
    PointerByReference card = new PointerByReference();
    int error = nvml.nvmlDeviceGetHandleByIndex_v2(index, card);
    error = error == 0 ? nvml.nvmlDeviceGetName(card.getValue(), name, TEXT) : error;
    error =
        error == 0 ? nvml.nvmlDeviceGetCudaComputeCapability(card.getValue(), major, minor) : error;
    if (error == 0) {
      boolean tells = nvml.nvmlDeviceGetMemoryInfo(card.getValue(), memory) == 0; // in parts: no
      answers.add(
          new Card(text(name), major[0], minor[0], tells ? memory[0] : 0, tells ? memory[1] : 0));
    }
    return error;
  }

  private static String text(byte[] bytes) {
    return Native.toString(bytes, StandardCharsets.UTF_8);
  }
}
