package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetStatus;

import dev.graft.error.ExhaustedException;
import dev.graft.runtime.TensorFlowException.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a failure is taken for, by TensorFlow's code and by what CUDA says where that tells little.
 */
class StatusTest {

  private static void fail(Code code, String detail) {
    try (Status status = new Status()) {
      int number = code == Code.UNAUTHENTICATED ? 16 : code.ordinal() + 1;
      TF_SetStatus(status.handle(), number, detail);
      status.check("it cannot be run");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RESOURCE_EXHAUSTED | OOM when allocating tensor with shape[128,56,56,256] and type float",
        "INTERNAL | Failed copying input tensor from CPU:0 to GPU:0: Dst tensor is not initialized.",
        "INTERNAL | failed call to cuInit: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        "INTERNAL | cudaMalloc failed with code 2: cudaErrorMemoryAllocation: out of memory",
        "UNKNOWN | Failed to get convolution algorithm: CUDNN_STATUS_ALLOC_FAILED",
        "INTERNAL | CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED in cudnn_frontend",
        "INTERNAL | failed to create cublas handle: CUBLAS_STATUS_ALLOC_FAILED",
        "INTERNAL | Failed to allocate 1073741824 bytes for new constant",
        "UNKNOWN | failed to allocate memory",
        "INTERNAL | RET_CHECK failure: RESOURCE_EXHAUSTED: no buffer",
        "UNKNOWN | OOM when allocating tensor with shape[9]",
        "INTERNAL | failed to alloc 536870912 bytes on host",
      })
  void aCardWithoutMemoryIsNoBadModel(Code code, String detail) {
    assertThatThrownBy(() -> fail(code, detail))
        .isInstanceOf(ExhaustedException.class)
        .hasMessageContaining("it cannot be run")
        .hasMessageContaining(detail);
  }

  @ParameterizedTest
  @EnumSource(Code.class)
  void whatElseFailsKeepsItsCode(Code code) {
    Class<?> kind =
        code == Code.RESOURCE_EXHAUSTED ? ExhaustedException.class : TensorFlowException.class;
    assertThatThrownBy(() -> fail(code, "Blas GEMM launch failed"))
        .isInstanceOf(kind)
        .satisfies(
            e -> {
              if (e instanceof TensorFlowException failed) {
                assertThat(failed.code()).isEqualTo(code);
              }
            });
  }

  /** The message of an op such as Assert is the model's own. */
  @Test
  void aModelsOwnWordsAreNotTakenForMemory() {
    assertThatThrownBy(() -> fail(Code.INVALID_ARGUMENT, "assertion failed: [out of memory]"))
        .isInstanceOf(TensorFlowException.class);
  }
}
