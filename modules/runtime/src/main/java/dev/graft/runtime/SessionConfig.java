package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetConfig;

import dev.graft.runtime.Compute.Planning;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions.Device;
import java.util.function.Function;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.proto.RewriterConfig;

/** Translates {@link RuntimeOptions} and what a session computes with for TensorFlow. */
final class SessionConfig {

  private SessionConfig() {}

  /** Runs {@code use} with native session options that live as long as that call. */
  static <T> T with(ConfigProto settings, Function<TF_SessionOptions, T> use) {
    TF_SessionOptions handle = TF_NewSessionOptions();
    try (Status status = new Status()) {
      TF_Buffer config = NativeGraph.buffer(settings);
      try {
        TF_SetConfig(handle, config.data(), config.length(), status.handle());
      } finally {
        TF_DeleteBuffer(config);
      }
      status.check("the session's settings are refused");
      return use.apply(handle);
    } finally {
      TF_DeleteSessionOptions(handle);
    }
  }

  /** Those of a session that computes with {@code compute}. */
  static ConfigProto of(RuntimeOptions options, Compute compute) {
    ConfigProto.Builder config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(options.threads().inside())
            .setInterOpParallelismThreads(options.threads().sideBySide())
            .setAllowSoftPlacement(true);
    config.getGpuOptionsBuilder().setAllowGrowth(options.processor().memoryGrowth());
    if (options.device() == Device.CPU) {
      config.putDeviceCount("GPU", 0);
    }
    OptimizerOptions.Builder optimizer =
        config.getGraphOptionsBuilder().getOptimizerOptionsBuilder();
    optimizer.setGlobalJitLevel(
        compute.compiled()
            ? OptimizerOptions.GlobalJitLevel.ON_2
            : OptimizerOptions.GlobalJitLevel.OFF);
    config.getExperimentalBuilder().setXlaPreferSingleGraphCluster(compute.compiled());
    RewriterConfig.Builder rewriter = config.getGraphOptionsBuilder().getRewriteOptionsBuilder();
    if (!compute.fusion()) {
      rewriter.setArithmeticOptimization(RewriterConfig.Toggle.OFF);
    }
    if (!compute.fusion() || compute.compiled()) { // XLA has no kernels for what it fuses
      rewriter.setRemapping(RewriterConfig.Toggle.OFF);
    }
    if (compute.precision() == Precision.MIXED_BFLOAT16) {
      rewriter.setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
    }
    if (compute.planning() == Planning.BRIEF) {
      if (compute.precision() != Precision.MIXED_BFLOAT16) {
        // in bfloat16 the second time makes constants of what the first one has cast
        rewriter.setMetaOptimizerIterations(RewriterConfig.NumIterationsType.ONE);
      }
      rewriter
          .setMemoryOptimization(RewriterConfig.MemOptType.NO_MEM_OPT)
          .setCommonSubgraphElimination(RewriterConfig.Toggle.OFF)
          .setLayoutOptimizer(RewriterConfig.Toggle.OFF)
          .setExperimentalConditionalCodeMotion(RewriterConfig.Toggle.OFF)
          .setDisableTfgOptimizer(true);
    }
    return config.build();
  }
}
