package dev.graft.runtime.internal.natives;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * NVIDIA's driver, which no jar brings, and what it says of itself and of the cards that this
 * process may use.
 */
final class Driver {

  /** What every program that computes on a card calls; it comes with the driver. */
  static final String LIBRARY = "libcuda.so.1";

  /** The newest CUDA of no driver. */
  static final int NONE = 0;

  /** The newest CUDA of a driver that does not say it. */
  static final int UNKNOWN = 1;

  private static final Path VERSION = Path.of("/sys/module/nvidia/version");
  private static final int TEXT = 256; // bytes

  private Driver() {}

  /** The few functions of it that this takes. Each returns 0 or the number of an error. */
  interface Calls extends Library {

    /** Attributes of a card: the two parts of its compute capability. */
    int MAJOR = 75;

    int MINOR = 76;

    /**
     * Loads it.
     *
     * @throws UnsatisfiedLinkError if it is not there
     */
    static Calls load() {
      return Native.load(LIBRARY, Calls.class);
    }

    int cuDriverGetVersion(int[] version);

    int cuInit(int flags);

    int cuDeviceGetCount(int[] count);

    int cuDeviceGet(int[] card, int index);

    int cuDeviceGetName(byte[] name, int length, int card);

    int cuDeviceGetAttribute(int[] value, int attribute, int card);
  }

  /**
   * The newest CUDA that the driver is for, as 12040 for 12.4; {@link #NONE} without a driver.
   * Where JNA cannot say whether there is one, there may be: {@link #UNKNOWN}.
   */
  static int newestCuda() {
    return newestCuda(Calls::load);
  }

  static int newestCuda(Supplier<Calls> library) {
    Calls driver;
    try {
      driver = library.get();
    } catch (UnsatisfiedLinkError e) {
      return NONE;
    } catch (LinkageError e) { // of JNA, which has to unpack code of its own
      return UNKNOWN;
    }
    int[] version = new int[1];
    try {
      return driver.cuDriverGetVersion(version) == 0 && version[0] > 0 ? version[0] : UNKNOWN;
    } catch (LinkageError e) { // JNA looks a function up when it is called
      return UNKNOWN;
    }
  }

  /**
   * What code that was compiled for the cards of this process runs on: their names and
   * capabilities, and the driver. As much of it as is told.
   */
  static String words() {
    return words(Calls::load, VERSION);
  }

  static String words(Supplier<Calls> library, Path version) {
    StringBuilder words = new StringBuilder("driver ");
    try {
      words.append(Files.readString(version).strip()).append(' ');
    } catch (IOException e) {
      // what it is for says nearly as much
    }
    words.append("for CUDA ").append(newestCuda(library));
    try {
      Calls driver = library.get();
      int[] cards = new int[1];
      if (driver.cuInit(0) == 0 && driver.cuDeviceGetCount(cards) == 0) {
        for (int i = 0; i < cards[0]; i++) {
          words.append(", ").append(card(driver, i));
        }
      }
    } catch (LinkageError e) {
      // there is no driver, or JNA cannot call it
    }
    return words.toString();
  }

  private static String card(Calls driver, int index) {
    int[] card = new int[1];
    byte[] name = new byte[TEXT];
    int[] major = new int[1];
    int[] minor = new int[1];
    boolean isTold =
        driver.cuDeviceGet(card, index) == 0
            && driver.cuDeviceGetName(name, TEXT, card[0]) == 0
            && driver.cuDeviceGetAttribute(major, Calls.MAJOR, card[0]) == 0
            && driver.cuDeviceGetAttribute(minor, Calls.MINOR, card[0]) == 0;
    return isTold
        ? Native.toString(name, StandardCharsets.UTF_8) + " " + major[0] + "." + minor[0]
        : "a card";
  }
}
