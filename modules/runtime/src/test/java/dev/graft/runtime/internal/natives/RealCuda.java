package dev.graft.runtime.internal.natives;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * CUDA's real libraries, on a machine with a card or without one ({@code .ci/cuda}): unpacks and
 * loads them all, asks them for their versions and for cards, and has TensorFlow's GPU build
 * compute, which finds CUDA loaded.
 */
final class RealCuda {

  private static final int LIBRARIES = 17;

  private RealCuda() {}

  /**
   * Ends with 0 if all of it is as it should be.
   *
   * @param arguments the folder to unpack to
   */
  public static void main(String[] arguments) {
    if (System.getenv("LD_LIBRARY_PATH") != null) {
      throw new IllegalStateException("LD_LIBRARY_PATH is set, so that this would show nothing");
    }
    Path root = Path.of(arguments[0]);
    long began = System.nanoTime();
    Cuda cuda = NativeLibraries.ofProcess(root, () -> 13_000).cuda();
    double seconds = (System.nanoTime() - began) / 1e9;
    System.out.printf(Locale.ROOT, "%s, in %.1f s%n", cuda.sentence(), seconds);
    if (cuda.files().size() != LIBRARIES) {
      throw new IllegalStateException("loaded were only " + cuda.files());
    }
    int[] answer = new int[1];
    int failed = function("libcudart.so.12", "cudaRuntimeGetVersion").invokeInt(args(answer));
    int runtime = answer[0];
    int cards = function("libcudart.so.12", "cudaGetDeviceCount").invokeInt(args(answer));
    long cudnn = function("libcudnn.so.9", "cudnnGetVersion").invokeLong(new Object[0]);
    Device device = cards == 0 ? Device.GPU : Device.AUTO;
    List<String> devices = devices(device, root);
    System.out.printf(
        "%d libraries loaded by path: CUDA %d, cuDNN %d; cudaGetDeviceCount says %s; TensorFlow"
            + " computes on %s%n",
        LIBRARIES, runtime, cudnn, cards == 0 ? answer[0] + " cards" : "error " + cards, devices);
    if (failed != 0 || runtime < 12000 || cudnn < 90000) {
      throw new IllegalStateException("these are no versions");
    }
  }

  private static Object[] args(int[] answer) {
    return new Object[] {answer};
  }

  private static Function function(String library, String name) {
    return NativeLibrary.getInstance(library).getFunction(name);
  }

  /** Negates a number, and says on what. */
  private static List<String> devices(Device device, Path root) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.scalar());
    TensorRef y = editor.op("Neg").name("y").input(x).output();
    RuntimeOptions options = RuntimeOptions.defaults().device(device).cuda(root);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options);
        GraphSession session = runtime.session(editor.build())) {
      double minus =
          session
              .run(Map.of(x, TensorValue.scalar(1f)), List.of(y), List.of())
              .get(0)
              .asDoubles()[0];
      if (minus != -1) {
        throw new IllegalStateException("-1 is " + minus);
      }
      return runtime.devices();
    }
  }
}
