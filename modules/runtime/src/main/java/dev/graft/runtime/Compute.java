package dev.graft.runtime;

import dev.graft.error.Internal;
import dev.graft.tensor.DType;
import java.util.Optional;

/**
 * What a session computes with. Scores, heads and proofs are computed exactly, as a server will;
 * the steps of a training, and the features that it starts from, may have their own.
 *
 * @param precision the dtype in which the matrix work of a float32 graph is done
 * @param fusion whether TensorFlow's optimiser may put one kernel in the place of several ops, see
 *     {@link RuntimeOptions#fusion}
 * @param compiled whether XLA makes kernels of its own, each for many ops
 * @param planning how much time TensorFlow's optimiser takes for a graph before it first runs
 */
@Internal
public record Compute(Precision precision, boolean fusion, boolean compiled, Planning planning) {

  /** How much time TensorFlow's optimiser takes for a graph before it first runs. */
  public enum Planning {
    /** As much as a server gives it, which asks for nothing else. */
    USUAL,
    /**
     * It goes over the graph once, not twice, and leaves out what finds nothing in the graphs of
     * networks on a CPU: it copies the graph, with all constants, for each thing it tries.
     */
    BRIEF
  }

  /**
   * The dtype in which training does the matrix work of a float32 graph; variables, and all else
   * that runs, stay float32.
   */
  public enum Precision {
    /** float32, exactly on GPUs, too: TensorFlow's switch for TF32 is off. */
    FLOAT32,
    /** float32 that GPUs since Ampere multiply in TF32. */
    TF32,
    /** bfloat16 on the CPU, by Grappler's auto_mixed_precision_onednn_bfloat16. */
    MIXED_BFLOAT16,
    /** bfloat16 as the graph of a step itself has it; a session does nothing about it. */
    BFLOAT16,
    /** float16 likewise. The loss has to be scaled. */
    FLOAT16,
    /**
     * In training the faster of float32 and bfloat16, and of the {@link Kernels}, by a short
     * measurement at the start: see {@link StepTrial}. A training that goes on from a checkpoint
     * keeps what was found; one that is to be repeated to the bit names its precision instead.
     */
    AUTO;

    /** In what the graph of a step multiplies itself; nothing where that is left to sessions. */
    public Optional<DType> inGraph() {
      return switch (this) {
        case BFLOAT16 -> Optional.of(DType.BFLOAT16);
        case FLOAT16 -> Optional.of(DType.FLOAT16);
        case FLOAT32, TF32, MIXED_BFLOAT16, AUTO -> Optional.empty();
      };
    }

    /** What it is called, for a person. */
    public String words() {
      return switch (this) {
        case FLOAT32 -> "float32";
        case TF32 -> "tf32";
        case MIXED_BFLOAT16, BFLOAT16 -> "bfloat16";
        case FLOAT16 -> "float16";
        case AUTO -> "auto";
      };
    }
  }

  /**
   * How gradients are computed that can be come by in more than one way. All ways give the same but
   * for the last digits; which one is the fastest is a matter of the processor.
   */
  public enum Kernels {
    /**
     * Of 1x1 convolutions as products of matrices, for filters and for a bias behind them; of
     * depthwise ones on large maps as convolutions, for what they read; of grouped ones as with
     * {@link #GROUPED}.
     */
    PRODUCTS,
    /**
     * Of grouped convolutions for several groups at once: as a convolution with as many groups, for
     * what they read, else with narrow groups put together. All else by TensorFlow's own kernels.
     */
    GROUPED,
    /** By TensorFlow's own gradient kernels, of grouped convolutions one group after another. */
    TENSORFLOW
  }

  /** What of a step XLA compiles. */
  public enum Compiled {
    /** Nothing: TensorFlow's kernels compute it, op by op. */
    NOTHING,
    /** All that it can. */
    ALL,
    /** All but depthwise convolutions, of which XLA makes slow kernels on some devices. */
    BUT_DEPTHWISE
  }

  /**
   * How the steps of a training are computed.
   *
   * @param onGpu whether that was found for a GPU: on another device something else is right
   */
  public record StepForm(Precision precision, Kernels kernels, Compiled compiled, boolean onGpu) {

    /** One for the CPU, of which nothing is compiled. */
    public StepForm(Precision precision, Kernels kernels) {
      this(precision, kernels, Compiled.NOTHING, false);
    }

    /** This one, of which XLA compiles that. */
    public StepForm compiled(Compiled value) {
      return new StepForm(precision, kernels, value, onGpu);
    }

    /** This one, for a GPU or the CPU. */
    public StepForm onGpu(boolean value) {
      return new StepForm(precision, kernels, compiled, value);
    }

    /** The precision and the device, for a person. */
    public String words() {
      return precision.words() + (onGpu ? " on a GPU" : " on a CPU");
    }
  }
}
