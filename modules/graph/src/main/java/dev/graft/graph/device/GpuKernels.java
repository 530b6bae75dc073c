package dev.graft.graph.device;

import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.proto.NodeDef;

/**
 * The kernels that TensorFlow's GPU build has, read from a resource so that neither that build nor
 * a GPU is needed: {@code gpu_kernels.txt}, which tools/ops/gpu_kernels.py writes.
 */
final class GpuKernels {

  private final ImmutableListMultimap<String, Kernel> ofGpus;
  private final ImmutableListMultimap<String, Kernel> ofAnyDevice;

  GpuKernels(String text) {
    ImmutableListMultimap.Builder<String, Kernel> own = ImmutableListMultimap.builder();
    ImmutableListMultimap.Builder<String, Kernel> any = ImmutableListMultimap.builder();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .map(Kernel::read)
        .forEach(kernel -> (kernel.isOfAnyDevice() ? any : own).put(kernel.op(), kernel));
    this.ofGpus = own.build();
    this.ofAnyDevice = any.build();
  }

  /** Those of the TensorFlow version that Graft runs on. */
  static GpuKernels standard() {
    return Standard.INSTANCE;
  }

  /** Whether there is one for {@code op}, of whatever dtypes. */
  boolean has(String op) {
    return ofGpus.containsKey(op) || ofAnyDevice.containsKey(op);
  }

  /** Whether a GPU can run {@code node}. */
  boolean runs(NodeDef node) {
    return find(node).isPresent();
  }

  /** The kernel for {@code node}; GPUs' own come before those of any device. */
  Optional<Kernel> find(NodeDef node) {
    return Stream.concat(ofGpus.get(node.getOp()).stream(), ofAnyDevice.get(node.getOp()).stream())
        .filter(kernel -> kernel.takes(node))
        .findFirst();
  }

  private static final class Standard {
    static final GpuKernels INSTANCE = new GpuKernels(read());

    private static String read() {
      try (InputStream in = GpuKernels.class.getResourceAsStream("gpu_kernels.txt")) {
        if (in == null) {
          throw new IllegalStateException("gpu_kernels.txt is missing from graft-graph's jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException("gpu_kernels.txt cannot be read from graft-graph's jar", e);
      }
    }
  }
}
