package dev.graft.runtime;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * How large TensorFlow's structs are. JavaCPP learns that when the native library is loaded, and
 * until then gives the size of a pointer for each: memory taken by that is too small, and is
 * written over.
 */
final class NativeSize {

  static {
    Loader.load(tensorflow.class);
  }

  private NativeSize() {}

  /** Bytes of one {@code struct}. */
  static int of(Class<? extends Pointer> struct) {
    return Pointer.sizeof(struct);
  }
}
