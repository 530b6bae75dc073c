package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetConfig;

import dev.graft.runtime.RuntimeOptions.Device;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.proto.RewriterConfig;

/** Translates {@link RuntimeOptions} for TensorFlow. */
final class SessionConfig {

  private SessionConfig() {}

  /** Runs {@code use} with native session options that live as long as that call. */
  static <T> T with(RuntimeOptions options, Function<TF_SessionOptions, T> use) {
    TF_SessionOptions handle = TF_NewSessionOptions();
    try (Status status = new Status()) {
      byte[] bytes = config(options).toByteArray();
      if (bytes.length > 0) {
        BytePointer config = new BytePointer(Pointer.malloc(bytes.length)).capacity(bytes.length);
        try {
          config.put(bytes);
          TF_SetConfig(handle, config, bytes.length, status.handle());
        } finally {
          Pointer.free(config);
        }
        status.check("the session's settings are refused");
      }
      return use.apply(handle);
    } finally {
      TF_DeleteSessionOptions(handle);
    }
  }

  static ConfigProto config(RuntimeOptions options) {
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
        switch (options.compute().xla()) {
          case OFF -> OptimizerOptions.GlobalJitLevel.OFF;
          case ON_1 -> OptimizerOptions.GlobalJitLevel.ON_1;
          case ON_2 -> OptimizerOptions.GlobalJitLevel.ON_2;
        });
    RewriterConfig.Builder rewriter = config.getGraphOptionsBuilder().getRewriteOptionsBuilder();
    if (!options.compute().fusion()) {
      rewriter.setRemapping(RewriterConfig.Toggle.OFF);
      rewriter.setArithmeticOptimization(RewriterConfig.Toggle.OFF);
    }
    switch (options.compute().precision()) {
      case FLOAT32, AUTO -> {}
      case MIXED_FLOAT16 -> rewriter.setAutoMixedPrecision(RewriterConfig.Toggle.ON);
      case MIXED_BFLOAT16 -> rewriter.setAutoMixedPrecisionOnednnBfloat16(RewriterConfig.Toggle.ON);
    }
    return config.build();
  }
}
