package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One of CUDA's libraries, which has another number in its file's name from one CUDA to the next.
 *
 * @param stem its name without {@code lib} and number
 * @param in12 its number in CUDA 12, by which TensorFlow asks for it
 * @param in13 its number in CUDA 13
 */
record CudaLibrary(String stem, int in12, int in13) {

  /** The order in which each finds what it needs already loaded. */
  static final ImmutableList<CudaLibrary> IN_ORDER =
      ImmutableList.of(
          new CudaLibrary("cudart", 12, 12), // TensorFlow's own calls need the one of CUDA 12
          new CudaLibrary("nvJitLink", 12, 13),
          new CudaLibrary("cublasLt", 12, 13),
          new CudaLibrary("cublas", 12, 13),
          new CudaLibrary("cufft", 11, 12),
          new CudaLibrary("cusparse", 12, 12),
          new CudaLibrary("cusolver", 11, 12),
          new CudaLibrary("nvrtc-builtins", 12, 13),
          new CudaLibrary("nvrtc", 12, 13),
          new CudaLibrary("cudnn_graph", 9, 9),
          new CudaLibrary("cudnn_ops", 9, 9),
          new CudaLibrary("cudnn_cnn", 9, 9),
          new CudaLibrary("cudnn_adv", 9, 9),
          new CudaLibrary("cudnn_heuristic", 9, 9),
          new CudaLibrary("cudnn_engines_precompiled", 9, 9),
          new CudaLibrary("cudnn_engines_runtime_compiled", 9, 9),
          new CudaLibrary("cudnn", 9, 9));

  private static final int MOST_MINOR = 20;

  /** What its file is called in a CUDA, the likeliest first: one has the minor version, too. */
  Stream<String> names(int cuda) {
    String name = name(cuda);
    return stem.equals("nvrtc-builtins")
        ? IntStream.rangeClosed(0, MOST_MINOR).mapToObj(minor -> name + "." + minor)
        : Stream.of(name);
  }

  /** Its name in a CUDA, as other libraries ask for it. */
  String name(int cuda) {
    return "lib" + stem + ".so." + (cuda == 13 ? in13 : in12);
  }

  /**
   * Whether TensorFlow would ask for the one of CUDA 13 in vain: by the name that it had in CUDA
   * 12. For those of {@code nv...} other libraries ask, by the name that there is.
   */
  boolean isRenamed() {
    return in12 != in13 && !stem.startsWith("nv");
  }

  boolean is(String name) {
    return stem.equals(name);
  }
}
