package dev.graft.runtime.internal.natives;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * TensorFlow's switch for TF32: whether GPUs since Ampere may multiply float32 with 11 bits of each
 * number instead of 24, and add up in float32. It is one for the process, TensorFlow begins with it
 * on, and its C API does not have it: what Python's {@code
 * tf.config.experimental.enable_tensor_float_32_execution} calls is a function of C++
 * (tsl/platform/tensor_float_32_utils.h), which is called here by the name that Linux gives it.
 */
public final class TensorFloat32 {

  private static final String LIBRARY = "libtensorflow_framework";
  private static final String TURN = "_ZN3tsl32enable_tensor_float_32_executionEb";
  private static final String ASK = "_ZN3tsl33tensor_float_32_execution_enabledEv";

  /** By this NVIDIA's libraries never multiply in TF32, whatever TensorFlow asks of them. */
  private static final String OVERRIDE = "NVIDIA_TF32_OVERRIDE";

  private static @Nullable NativeLibrary tensorflow;
  private static int uses; // how many sessions want it now
  private static long used; // and how many ever did
  private static boolean isExact; // whether it is off while none does

  private TensorFloat32() {}

  /** Of what is loaded by now; natives of another system may have other names for it. */
  private static synchronized @Nullable NativeLibrary library() {
    if (tensorflow == null) {
      tensorflow = find();
    }
    return tensorflow;
  }

  private static @Nullable NativeLibrary find() {
    for (String file : Loader.getLoadedLibraries().values()) {
      if (file.contains(LIBRARY)) {
        try {
          NativeLibrary library = NativeLibrary.getInstance(file);
          library.getFunction(TURN);
          library.getFunction(ASK);
          return library;
        } catch (UnsatisfiedLinkError e) {
          return null;
        }
      }
    }
    return null;
  }

  /** Whether the switch was found; TensorFlow has to be loaded by then. */
  public static boolean isThere() {
    return library() != null;
  }

  /** Whether it is on; as it is from the start where it was not found. */
  public static boolean isOn() {
    Function ask = function(ASK);
    return ask == null || (ask.invokeInt(new Object[0]) & 0xff) != 0; // a bool is one byte
  }

  /** Has float32 multiplied as float32 from now on, but while sessions want it otherwise. */
  public static synchronized void off() {
    isExact = true;
    turn();
  }

  /** Turns it on for a session; until the answer is run, which does nothing the second time. */
  public static synchronized Runnable use() {
    uses++;
    used++;
    turn();
    return new Runnable() {
      private boolean isOver;

      @Override
      public void run() {
        synchronized (TensorFloat32.class) {
          if (!isOver) {
            isOver = true;
            uses--;
            turn();
          }
        }
      }
    };
  }

  /** Watches it; the answer says whether it was off all the time from now on until it is asked. */
  public static synchronized BooleanSupplier watch() {
    long before = used;
    boolean isOff = uses == 0 && !isOn();
    return () -> isOff && isUsedNoMoreThan(before);
  }

  private static synchronized boolean isUsedNoMoreThan(long times) {
    return used == times;
  }

  /** What the environment says against it, for a person. */
  public static Optional<String> forbidden() {
    return "0".equals(System.getenv(OVERRIDE))
        ? Optional.of(OVERRIDE + " is 0, by which NVIDIA's libraries never multiply in TF32")
        : Optional.empty();
  }

  /** What the environment says that comes before the switch, for a person. */
  public static Optional<String> overridden() {
    return overridden(System.getenv());
  }

  static Optional<String> overridden(Map<String, String> environment) {
    return Optional.ofNullable(environment.get(OVERRIDE))
        .filter(value -> !value.equals("0"))
        .map(
            value ->
                OVERRIDE
                    + " is "
                    + value
                    + " and comes before TensorFlow's switch, so NVIDIA's libraries may multiply in"
                    + " TF32");
  }

  private static void turn() {
    Function turn = function(TURN);
    if (turn != null) {
      turn.invokeVoid(new Object[] {uses > 0 || !isExact ? 1 : 0});
    }
  }

  private static @Nullable Function function(String name) {
    NativeLibrary library = library();
    return library == null ? null : library.getFunction(name);
  }
}
