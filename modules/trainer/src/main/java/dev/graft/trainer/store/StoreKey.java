package dev.graft.trainer.store;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Processor;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the rows of a tensor depend on, beside the examples.
 *
 * @param network what is computed, see {@link FrozenDigest}: decoding and resizing, augmentation
 *     and its seed, ops and weights
 * @param rows dtype and shape of a row, and as what it is kept
 * @param compute in which precision, and whether ops are fused
 * @param device where, with card and driver
 * @param tensorflow by which version of TensorFlow
 * @param processor by which instructions of the processor
 * @param code by which version of this code
 */
record StoreKey(
    HashCode network,
    String rows,
    String compute,
    String device,
    String tensorflow,
    String processor,
    int code) {

  /** To be raised when rows of the same name would hold something else. */
  private static final int CODE = 4;

  private static final String XLA = "TF_XLA_FLAGS"; // by which all may be compiled

  /** That of rows which {@code runtime} computes. */
  static StoreKey of(TensorFlowRuntime runtime, HashCode network, RowForm rows) {
    RuntimeOptions options = runtime.options();
    Precision by = rows.precision(); // by its name, since a graph rounds otherwise than a session
    return new StoreKey(
        network,
        rows.toString(),
        (by == Precision.FLOAT32 ? "float32" : by.name()) + ", fusion " + options.fusion(),
        device(options.device() + " " + runtime.devices(), runtime.cardsInWords()),
        TensorFlowRuntime.version(),
        instructions(System.getenv()),
        CODE);
  }

  /** Another card, or another driver, multiplies by other kernels under the same name. */
  static String device(String name, String cards) {
    return cards.isEmpty() ? name : name + " " + cards;
  }

  static String instructions(Map<String, String> environment) {
    String chosen =
        Stream.of(
                "TF_ENABLE_ONEDNN_OPTS",
                "ONEDNN_MAX_CPU_ISA",
                "DNNL_MAX_CPU_ISA",
                "ONEDNN_DEFAULT_FPMATH_MODE",
                "DNNL_DEFAULT_FPMATH_MODE",
                "TF_SET_ONEDNN_FPMATH_MODE",
                "NVIDIA_TF32_OVERRIDE")
            .map(name -> name + "=" + environment.get(name))
            .collect(Collectors.joining(" "));
    String flags = environment.get(XLA); // where it is set: what was kept before is still found
    return System.getProperty("os.arch")
        + " "
        + Processor.extensions()
        + " "
        + chosen
        + (flags == null ? "" : " " + XLA + "=" + flags);
  }

  /** The name of their folder. */
  String folder() {
    return Hashing.sha256().hashString(toString(), StandardCharsets.UTF_8).toString();
  }
}
