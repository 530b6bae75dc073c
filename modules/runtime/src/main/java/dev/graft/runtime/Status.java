package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;

import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
import java.util.List;
import java.util.Locale;
import org.tensorflow.internal.c_api.TF_Status;

/** A native status for one call or a few in a row. */
final class Status implements AutoCloseable {

  static {
    NativeMemory.ready();
  }

  /**
   * How CUDA, cuDNN, cuBLAS and XLA say that a card has no memory left, which TensorFlow passes on
   * as a failure inside it, or as one without a code.
   */
  private static final List<String> NO_ROOM =
      List.of(
          "dst tensor is not initialized", // a copy to a card
          "error_out_of_memory", // of CUDA
          "alloc_failed", // of cuDNN up to 8, cuBLAS, cuFFT, cuSOLVER
          "allocation_failed", // of cuDNN since 9
          "failed to allocate",
          "oom when allocating", // of another run, which one waits for
          "resource_exhausted",
          "failed to alloc ",
          "out of memory");

  private final TF_Status status = TF_NewStatus();

  TF_Status handle() {
    return status;
  }

  /** Fails with what TensorFlow reported, if it did; {@code doing} says what was tried. */
  void check(String doing) {
    int code = TF_GetCode(status);
    if (code != 0) {
      throw failure(doing, TensorFlowException.Code.of(code), TF_Message(status).getString());
    }
  }

  private static GraftException failure(
      String doing, TensorFlowException.Code code, String detail) {
    boolean hasNoRoom =
        switch (code) {
          case RESOURCE_EXHAUSTED -> true;
          case INTERNAL, UNKNOWN -> {
            String words = detail.toLowerCase(Locale.ROOT);
            yield NO_ROOM.stream().anyMatch(words::contains);
          }
          default -> false;
        };
    return hasNoRoom
        ? new ExhaustedException(doing + ": TensorFlow has no room: " + detail)
        : new TensorFlowException(doing, code, detail);
  }

  @Override
  public void close() {
    TF_DeleteStatus(status);
  }
}
