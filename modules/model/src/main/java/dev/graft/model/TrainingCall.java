package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.List;

/**
 * One call of a layer as it is in training; a shared layer has several.
 *
 * @param function what it does then
 * @param inputs what it reads
 * @param results of its outputs those that are others in training, with what of the function's body
 *     takes their place
 */
@Internal
public record TrainingCall(
    SavedFunction function,
    ImmutableList<TensorRef> inputs,
    ImmutableMap<TensorRef, TensorRef> results) {

  private static final String OUTPUT = "output_";

  /** The calls of {@code layer}, which has a training function, as far as its inputs are there. */
  public static ImmutableList<TrainingCall> of(Layer layer) {
    SavedFunction function = layer.training().orElseThrow();
    int in = function.callerArguments();
    int count = in == 0 ? 1 : layer.inputs().size() / in;
    ImmutableList.Builder<TrainingCall> calls = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      int out = layer.outputs().size() / count;
      calls.add(
          new TrainingCall(
              function,
              ImmutableList.copyOf(layer.inputs().subList(i * in, (i + 1) * in)),
              results(layer, function.body(), layer.outputs().subList(i * out, (i + 1) * out))));
    }
    return calls.build();
  }

  private static ImmutableMap<TensorRef, TensorRef> results(
      Layer layer, FunctionGraph body, List<TensorRef> outputs) {
    ImmutableMap.Builder<TensorRef, TensorRef> results = ImmutableMap.builder();
    for (int i = 0; i < body.results().size(); i++) {
      String name = body.resultNames().get(i);
      if (name.startsWith(SavedFunction.PENALTY)) {
        continue;
      }
      String number = name.startsWith(OUTPUT) ? name.substring(OUTPUT.length()) : "";
      if (!number.matches("\\d{1,9}") || Integer.parseInt(number) >= outputs.size()) {
        throw new BadModelException(
            "what layer '"
                + layer.name()
                + "' does in training gives '"
                + name
                + "', which is none of its "
                + outputs.size()
                + " outputs; the model is damaged.");
      }
      results.put(outputs.get(Integer.parseInt(number)), body.results().get(i));
    }
    return results.buildKeepingLast();
  }
}
