package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;

import dev.graft.error.ExhaustedException;
import org.tensorflow.internal.c_api.TF_Status;

/** A native status for one call or a few in a row. */
final class Status implements AutoCloseable {

  private final TF_Status status = TF_NewStatus();

  TF_Status handle() {
    return status;
  }

  /** Fails with what TensorFlow reported, if it did; {@code doing} says what was tried. */
  void check(String doing) {
    int code = TF_GetCode(status);
    if (code != 0) {
      String detail = TF_Message(status).getString();
      TensorFlowException.Code kind = TensorFlowException.Code.of(code);
      throw kind == TensorFlowException.Code.RESOURCE_EXHAUSTED
          ? new ExhaustedException(doing + ": TensorFlow has no room: " + detail)
          : new TensorFlowException(doing, kind, detail);
    }
  }

  @Override
  public void close() {
    TF_DeleteStatus(status);
  }
}
