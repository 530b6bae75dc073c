package dev.graft.runtime;

import dev.graft.runtime.internal.natives.NativeLibraries;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Memory for TensorFlow's structs. JavaCPP learns how large they are when the native library is
 * loaded, and until then gives the size of a pointer for each: memory taken by that is too small,
 * and is written over.
 *
 * <p>Whoever calls TensorFlow goes through here first, with or without a runtime: CUDA has to be
 * loaded before.
 */
final class NativeMemory {

  static {
    NativeLibraries.ahead(RuntimeOptions.defaults().processor().cuda()); // a runtime has its own
    Loader.load(tensorflow.class);
    System.getLogger(NativeMemory.class.getName())
        .log(Level.DEBUG, "TensorFlow's native code is loaded");
  }

  private static final AtomicInteger ARRAYS = new AtomicInteger();

  private NativeMemory() {}

  /** Has TensorFlow loaded, and CUDA before it. */
  static void ready() {
    // as this class is
  }

  /** Bytes of one {@code struct}. */
  static int sizeOf(Class<? extends Pointer> struct) {
    return Pointer.sizeof(struct);
  }

  /** An array of {@code count} outputs, to be given to {@link #free} by whoever asks for it. */
  static TF_Output outputs(int count) {
    TF_Output array = new TF_Output(Pointer.calloc(Math.max(1, count), sizeOf(TF_Output.class)));
    ARRAYS.incrementAndGet();
    return array;
  }

  /** Frees {@code array}, at whichever of its outputs it stands. */
  static void free(TF_Output array) {
    Pointer.free(array.position(0));
    ARRAYS.decrementAndGet();
  }

  /** How many arrays are not freed. */
  static int arrays() {
    return ARRAYS.get();
  }
}
