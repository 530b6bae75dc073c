package dev.graft.runtime;

import dev.graft.model.BadRequestException;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.TensorValue;
import java.util.Map;

/** Checks the inputs of a call against its signature, so that mistakes are told by name. */
final class SignatureCalls {

  private SignatureCalls() {}

  static void check(Signature signature, Map<String, TensorValue> inputs) {
    for (String given : inputs.keySet()) {
      if (!signature.inputs().containsKey(given)) {
        throw new BadRequestException(
            "signature '"
                + signature.name()
                + "' has no input '"
                + given
                + "'; it takes "
                + signature.inputs().keySet()
                + ".");
      }
    }
    for (Map.Entry<String, TensorSpec> input : signature.inputs().entrySet()) {
      TensorValue value = inputs.get(input.getKey());
      if (value == null) {
        throw new BadRequestException(
            "signature '" + signature.name() + "' needs its input '" + input.getKey() + "'.");
      }
      TensorSpec spec = input.getValue();
      if (value.dtype() != spec.dtype() || !spec.shape().isCompatibleWith(value.shape())) {
        throw new BadRequestException(
            "input '"
                + input.getKey()
                + "' of signature '"
                + signature.name()
                + "' takes "
                + spec.dtype()
                + " "
                + spec.shape()
                + ", given "
                + value
                + ".");
      }
    }
  }
}
