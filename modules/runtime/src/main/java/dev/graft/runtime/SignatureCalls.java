package dev.graft.runtime;

import dev.graft.error.BadRequestException;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.TensorValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls sessions by signatures. Checks the inputs first, so that mistakes are told by name. */
final class SignatureCalls {

  private SignatureCalls() {}

  static PreparedRun prepare(GraphSession session, Signature signature) {
    return session.prepare(
        signature.inputs().values().stream().map(TensorSpec::tensor).toList(),
        signature.outputs().values().stream().map(TensorSpec::tensor).toList(),
        signature.targets());
  }

  static Map<String, TensorValue> call(
      PreparedRun run,
      Signature signature,
      Map<String, TensorValue> inputs,
      PreparedRun.Asked asked) {
    check(signature, inputs);
    List<TensorValue> values =
        signature.inputs().keySet().stream().map(name -> value(signature, name, inputs)).toList();
    List<TensorValue> results = run.run(values, asked);
    Map<String, TensorValue> named = new LinkedHashMap<>();
    for (String name : signature.outputs().keySet()) {
      named.put(name, results.get(named.size()));
    }
    return named;
  }

  private static TensorValue value(
      Signature signature, String name, Map<String, TensorValue> inputs) {
    TensorValue value = inputs.getOrDefault(name, signature.defaults().get(name));
    if (value == null) {
      throw new BadRequestException(
          "signature '" + signature.name() + "' needs its input '" + name + "'.");
    }
    return value;
  }

  private static void check(Signature signature, Map<String, TensorValue> inputs) {
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
      TensorValue value = value(signature, input.getKey(), inputs);
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
