package dev.graft.check;

import dev.graft.error.FailedCheckException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.fit.SingleStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * One step of SGD on made-up examples, to see whether a model trains at all. With a head: softmax
 * cross-entropy with the labels in turn; without one: the mean of the squares of all real outputs,
 * but for those that are too large to be squared.
 *
 * @param model the model with its new weights
 * @param before the loss before the step
 * @param after the loss after it, on the same examples
 */
record TrainingTrial(Model model, double before, double after) {

  private static final float RATE = 0.001f;

  /** Made-up inputs can make infinities, and the lowest number stands for "none" in maxima. */
  private static final double TOO_LARGE = 1e6;

  /** The loss or a weight is no finite number, which may be for the made-up inputs. */
  private static final class NotFinite extends FailedCheckException {
    private static final long serialVersionUID = 1L;

    NotFinite(String message) {
      super(message);
    }
  }

  /**
   * Takes the step, where it has to on other inputs than {@code inputs}: of another range, before a
   * loss or a weight that is no number counts as the model's failure.
   *
   * @param candidate a model with one head, or with none
   * @param training the variables that change
   * @throws FailedCheckException if the loss or a weight is no finite number afterwards
   */
  static TrainingTrial of(
      TensorFlowRuntime runtime,
      Model candidate,
      Signature signature,
      Map<String, TensorValue> inputs,
      List<Variable> training) {
    try {
      return once(runtime, candidate, signature, inputs, training);
    } catch (NotFinite first) {
      Iterator<ProbeInputs.Redrawn> others =
          new ProbeInputs(candidate, signature).redrawn(inputs).iterator();
      while (others.hasNext()) {
        try {
          return once(runtime, candidate, signature, others.next().inputs(), training);
        } catch (NotFinite | TensorFlowException again) {
          continue;
        }
      }
      throw first;
    }
  }

  private static TrainingTrial once(
      TensorFlowRuntime runtime,
      Model candidate,
      Signature signature,
      Map<String, TensorValue> inputs,
      List<Variable> training) {
    Model model = ResourceVariables.in(candidate);
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/check"));
    TensorRef loss =
        model.heads().isEmpty() ? squares(g, signature) : crossEntropy(g, model.heads().get(0));
    SingleStep step = SingleStep.of(model, editor.build(), loss, training);
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    signature
        .inputs()
        .forEach(
            (name, spec) -> {
              TensorValue value = inputs.get(name);
              if (value != null) {
                feeds.put(spec.tensor(), value);
              }
            });
    try (ModelSession session = runtime.open(step.model())) {
      double before = loss(session, feeds, loss);
      Map<TensorRef, TensorValue> all = new LinkedHashMap<>(feeds);
      all.put(step.rate(), TensorValue.scalar(RATE));
      all.put(step.step(), TensorValue.scalar(0L));
      session.graph().run(all, List.of(), step.updates());
      List<TensorValue> values = session.readVariables(training);
      double after = loss(session, feeds, loss);
      return new TrainingTrial(trained(model, training, values), before, after);
    }
  }

  private static double loss(
      ModelSession session, Map<TensorRef, TensorValue> feeds, TensorRef loss) {
    double value = session.graph().run(feeds, List.of(loss), List.of()).get(0).asDoubles()[0];
    if (!Double.isFinite(value)) {
      throw new NotFinite("the loss on made-up inputs is " + value + ".");
    }
    return value;
  }

  private static TensorRef crossEntropy(Scope g, Head head) {
    TensorRef logits =
        g.cast(g.add("Reshape", head.logits(), g.ints(-1, head.units())), DataType.DT_FLOAT);
    TensorRef rows = g.at(g.add("Shape", logits), 0);
    TensorRef numbers = g.add("Range", g.scalar(0), rows, g.scalar(1));
    TensorRef labels = g.add("FloorMod", numbers, g.scalar(head.units()));
    TensorRef losses =
        g.op("SparseSoftmaxCrossEntropyWithLogits").input(logits).input(labels).outputs().get(0);
    return g.add("Mean", losses, g.ints(0));
  }

  private static TensorRef squares(Scope g, Signature signature) {
    List<TensorRef> parts = new ArrayList<>();
    for (TensorSpec output : signature.outputs().values()) {
      DataType dtype = g.editor().dtype(output.tensor());
      if (DType.of(dtype).isFloating()) {
        TensorRef flat = g.add("Reshape", g.cast(output.tensor(), DataType.DT_FLOAT), g.ints(-1));
        TensorRef small = g.add("Less", g.add("Abs", flat), g.scalar((float) TOO_LARGE));
        TensorRef some = g.add("SelectV2", small, flat, g.add("ZerosLike", flat));
        parts.add(g.add("Mean", g.add("Square", some), g.ints(0)));
      }
    }
    if (parts.isEmpty()) {
      throw new FailedCheckException(
          "none of the outputs "
              + signature.outputs().keySet()
              + " is made of real numbers, so there is no loss to train on.");
    }
    return parts.size() == 1 ? parts.get(0) : g.addList("AddN", parts);
  }

  private static Model trained(Model model, List<Variable> training, List<TensorValue> values) {
    Map<String, TensorValue> byName = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      for (double number : values.get(i).asDoubles()) {
        if (!Double.isFinite(number)) {
          throw new NotFinite(
              "after the step the variable '" + training.get(i).name() + "' holds " + number + ".");
        }
      }
      byName.put(training.get(i).name(), values.get(i));
    }
    return model.withValues(byName);
  }
}
