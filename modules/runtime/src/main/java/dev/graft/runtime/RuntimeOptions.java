package dev.graft.runtime;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How TensorFlow runs. Immutable; start from {@link #defaults()} and change with the {@code with}
 * methods.
 *
 * @param device where ops run
 * @param intraOpThreads threads inside one op, 0 for TensorFlow's choice (one per core). TensorFlow
 *     makes this pool once in a process: the first runtime decides
 * @param interOpThreads ops that run side by side, 0 for TensorFlow's choice; decided by the first
 *     runtime as well
 * @param memoryGrowth whether GPU memory is taken as needed, rather than all of it at once
 * @param xla which parts of a graph XLA compiles
 * @param precision the dtype in which the matrix work of a float32 graph is done
 * @param fusion whether TensorFlow's optimiser may put one kernel in the place of several ops, or
 *     regroup them. That rounds otherwise, and which groups it finds depends on the order of its
 *     passes, so two forms of one computation may differ in the last bit; without it they do the
 *     same arithmetic
 * @param target the session's target, as TensorFlow's distributed runtime knows it ({@code
 *     grpc://host:port}); empty for this process
 * @param nativeLog the file that gets what TensorFlow's C++ code writes to the standard error
 *     stream; empty to leave that stream alone. See {@link NativeLog}
 */
@Internal
public record RuntimeOptions(
    Device device,
    int intraOpThreads,
    int interOpThreads,
    boolean memoryGrowth,
    Xla xla,
    Precision precision,
    boolean fusion,
    String target,
    Optional<Path> nativeLog) {

  /** Where ops run. */
  public enum Device {
    /** On a GPU if TensorFlow finds one, else on the CPU. */
    AUTO,
    /** On the CPU, even if there is a GPU. */
    CPU,
    /** On a GPU; opening the runtime fails if TensorFlow finds none. */
    GPU
  }

  /** Which parts of a graph XLA compiles by itself. */
  public enum Xla {
    /** None. */
    OFF,
    /** TensorFlow's {@code ON_1}: clusters that need no further analysis. */
    ON_1,
    /** TensorFlow's {@code ON_2}: all that can be compiled. Slow for depthwise work on the CPU. */
    ON_2
  }

  /**
   * The dtype in which training does the matrix work of a float32 graph; variables, and all else
   * that runs, stay float32.
   */
  public enum Precision {
    /** float32 (on recent GPUs TensorFlow multiplies in TF32). */
    FLOAT32,
    /** Grappler's auto_mixed_precision: float16 on the GPU. The loss has to be scaled. */
    MIXED_FLOAT16,
    /** Grappler's auto_mixed_precision_onednn_bfloat16: bfloat16 on the CPU. */
    MIXED_BFLOAT16,
    /**
     * In training the faster of float32 and bfloat16, by a short measurement at the start: see
     * {@link PrecisionTrial}. A training that goes on from a checkpoint keeps what was found; one
     * that is to be repeated to the bit names its precision instead.
     */
    AUTO
  }

  public RuntimeOptions {
    if (intraOpThreads < 0 || interOpThreads < 0) {
      throw new BadRequestException(
          "a thread count is negative; give 0 to let TensorFlow choose, or a positive number.");
    }
  }

  /**
   * A GPU if there is one, TensorFlow's own thread counts, float32, fused kernels, no XLA, stderr
   * left alone.
   */
  public static RuntimeOptions defaults() {
    return new RuntimeOptions(
        Device.AUTO, 0, 0, true, Xla.OFF, Precision.FLOAT32, true, "", Optional.empty());
  }

  /** These options on another device. */
  public RuntimeOptions withDevice(Device value) {
    return with(draft -> draft.device = value);
  }

  /** These options with other thread counts, 0 for TensorFlow's choice. */
  public RuntimeOptions withThreads(int intraOp, int interOp) {
    return with(
        draft -> {
          draft.intraOpThreads = intraOp;
          draft.interOpThreads = interOp;
        });
  }

  /** These options with GPU memory taken as needed, or all at once. */
  public RuntimeOptions withMemoryGrowth(boolean value) {
    return with(draft -> draft.memoryGrowth = value);
  }

  /** These options with another use of XLA. */
  public RuntimeOptions withXla(Xla value) {
    return with(draft -> draft.xla = value);
  }

  /** These options with another precision. */
  public RuntimeOptions withPrecision(Precision value) {
    return with(draft -> draft.precision = value);
  }

  /** These options with fused kernels where TensorFlow's optimiser sees them, or without. */
  public RuntimeOptions withFusion(boolean value) {
    return with(draft -> draft.fusion = value);
  }

  /** These options with sessions on another TensorFlow server. */
  public RuntimeOptions withTarget(String value) {
    return with(draft -> draft.target = value);
  }

  /** These options with TensorFlow's standard error lines in a file. */
  public RuntimeOptions withNativeLog(Path file) {
    return with(draft -> draft.nativeLog = Optional.of(file));
  }

  private RuntimeOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.done();
  }

  /** These options while one of them changes. */
  private static final class Draft {
    private Device device;
    private int intraOpThreads;
    private int interOpThreads;
    private boolean memoryGrowth;
    private Xla xla;
    private Precision precision;
    private boolean fusion;
    private String target;
    private Optional<Path> nativeLog;

    Draft(RuntimeOptions from) {
      device = from.device;
      intraOpThreads = from.intraOpThreads;
      interOpThreads = from.interOpThreads;
      memoryGrowth = from.memoryGrowth;
      xla = from.xla;
      precision = from.precision;
      fusion = from.fusion;
      target = from.target;
      nativeLog = from.nativeLog;
    }

    RuntimeOptions done() {
      return new RuntimeOptions(
          device,
          intraOpThreads,
          interOpThreads,
          memoryGrowth,
          xla,
          precision,
          fusion,
          target,
          nativeLog);
    }
  }
}
