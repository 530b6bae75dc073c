package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import dev.graft.autodiff.PreflightCheck;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.device.Placement;
import dev.graft.graph.device.Placer;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.picture.DecodeGraph;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.trainer.internal.graph.GpuLayers;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.graph.SamePadding;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.graph.TrainingForm;
import dev.graft.trainer.internal.mixed.MixedForm;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.internal.step.UpdateGraph;
import dev.graft.trainer.internal.step.Updating;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;

/**
 * A training step of a model that is never taken: to see where its ops would run. It trains all
 * that the model leaves unfrozen and a gradient gets to, with layers as they are in training, and
 * decodes pictures where the model takes some.
 */
@Internal
public final class PlacedStep {

  private final Model model;
  private final List<TensorRef> fed;
  private final List<TensorRef> answers;
  private final Set<String> roots = new LinkedHashSet<>();
  private final ImmutableMap.Builder<String, String> names = ImmutableMap.builder();
  private final Optional<DType> low;
  private Optional<MixedForm> mixed = Optional.empty();
  private Graph graph = Graph.empty();

  private PlacedStep(
      Model model, List<TensorRef> fed, List<TensorRef> answers, Optional<DType> low) {
    this.model = model;
    this.fed = fed;
    this.answers = answers;
    this.low = low;
  }

  /**
   * Says where the ops of a step run; where nothing trains, those that answer.
   *
   * @param signature what the model is fed, and what it answers
   */
  public static Placement of(Model given, Signature signature, Optimizer optimizer) {
    return in(Optional.empty(), given, signature, optimizer).placement();
  }

  /** A step that itself multiplies in {@code low}, if that is given. */
  static PlacedStep in(Optional<DType> low, Model given, Signature signature, Optimizer optimizer) {
    Map<String, TensorRef> outputs = Maps.transformValues(signature.outputs(), TensorSpec::tensor);
    Model model = ResourceVariables.in(given);
    Map<String, TensorRef> answers = answers(model, outputs);
    List<Variable> training =
        PreflightCheck.of(model, answers, model.trainableVariables()).reached();
    List<TensorRef> fed = signature.inputs().values().stream().map(TensorSpec::tensor).toList();
    PlacedStep step = new PlacedStep(model, fed, ImmutableList.copyOf(answers.values()), low);
    step.graph =
        training.isEmpty() ? step.answering(outputs.values()) : step.training(training, optimizer);
    return step;
  }

  /** Where its ops run. */
  Placement placement() {
    return Placer.of(graph, roots, names.buildKeepingLast());
  }

  /** What of it has fewer digits; nothing if all is as it was, or nothing trains. */
  Optional<MixedForm> mixed() {
    return mixed;
  }

  private static Map<String, TensorRef> answers(Model model, Map<String, TensorRef> outputs) {
    ImmutableMap.Builder<String, TensorRef> answers = ImmutableMap.builder();
    model.heads().forEach(head -> answers.put(head.name(), head.logits()));
    if (model.heads().isEmpty()) {
      outputs.forEach(
          (name, tensor) -> {
            if (DType.of(model.graph().dtype(tensor)).isFloating()) {
              answers.put(name, tensor);
            }
          });
    }
    return answers.buildOrThrow();
  }

  private Graph answering(Collection<TensorRef> outputs) {
    outputs.forEach(output -> roots.add(output.node()));
    name(model.variables());
    return model.graph();
  }

  private Graph training(List<Variable> training, Optimizer optimizer) {
    LayersInTraining layers =
        LayersInTraining.of(model, model.graph(), fed, answers, training, true);
    Set<String> known = GpuLayers.known(model.graph(), fed, answers);
    TrainingForm form =
        TrainingForm.of(
            model, model.graph(), fed, GpuLayers.of(model, layers.layers(), known), answers, true);
    GraphEditor editor = SamePadding.in(form.graph(), fed).edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/step"));
    TensorRef rate = editor.placeholder(g.name("rate"), DataType.DT_DOUBLE, Shape.scalar());
    TensorRef number = editor.placeholder(g.name("number"), DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), 0, number);
    StatelessRandom.replaceRest(editor);
    decode(editor);
    TensorRef exact = loss(g, form);
    mixed = low.map(dtype -> mixed(editor, form, exact, dtype));
    TensorRef loss = mixed.map(m -> m.of(exact)).orElse(exact);
    List<String> targets =
        form.targets().stream().map(n -> mixed.map(m -> m.node(n)).orElse(n)).toList();
    String finite = g.op("CheckNumerics").attr("message", "").input(loss).node();
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss, training).guardedBy(finite),
            targets.stream().map(TensorRef::of).toList(),
            Updating.by(optimizer, Clipping.none()),
            rate,
            number);
    roots.add(loss.node());
    roots.addAll(targets);
    roots.addAll(update.nodes());
    name(Iterables.concat(model.variables(), update.slots()));
    return update.graph();
  }

  private MixedForm mixed(GraphEditor editor, TrainingForm form, TensorRef loss, DType dtype) {
    List<String> roots = new ArrayList<>(form.targets());
    roots.add(loss.node());
    return MixedForm.add(editor, fed, answers.stream().map(form::of).toList(), roots, dtype);
  }

  private void name(Iterable<Variable> variables) {
    variables.forEach(variable -> names.put(variable.node(), variable.name()));
  }

  /** Adds what makes pixels of pictures, wherever it is known which. */
  private void decode(GraphEditor editor) {
    for (InputSpec input : model.inputs()) {
      if (input.isImage()) {
        TensorRef bytes =
            editor.placeholder(
                editor.uniqueName("graft/bytes"), DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
        try {
          roots.add(DecodeGraph.add(editor, "graft/decode", bytes, input).node());
        } catch (BadRequestException e) {
          continue; // of no known size or range: pixels are fed
        }
      }
    }
  }

  private TensorRef loss(Scope g, TrainingForm form) {
    List<TensorRef> losses = new ArrayList<>();
    for (Head head : model.heads()) {
      losses.add(
          head.kind() == Head.Kind.SINGLE_LABEL
              ? crossEntropy(g, form.of(head.logits()), head.units())
              : squares(g, form.of(head.logits())));
    }
    if (model.heads().isEmpty()) {
      answers.forEach(answer -> losses.add(squares(g, form.of(answer))));
    }
    form.penalties().forEach(penalty -> losses.add(g.cast(penalty, DataType.DT_FLOAT)));
    return losses.size() == 1 ? losses.get(0) : g.addList("AddN", losses);
  }

  private static TensorRef crossEntropy(Scope g, TensorRef logits, int units) {
    TensorRef rows = g.add("Reshape", g.cast(logits, DataType.DT_FLOAT), g.ints(-1, units));
    TensorRef labels =
        g.editor()
            .placeholder(
                g.editor().uniqueName(g.name("labels")),
                DataType.DT_INT32,
                Shape.of(Shape.UNKNOWN));
    TensorRef each =
        g.op("SparseSoftmaxCrossEntropyWithLogits").input(rows).input(labels).outputs().get(0);
    return g.add("Mean", each, g.ints(0));
  }

  private static TensorRef squares(Scope g, TensorRef answers) {
    TensorRef flat = g.add("Reshape", g.cast(answers, DataType.DT_FLOAT), g.ints(-1));
    return g.add("Mean", g.add("Square", flat), g.ints(0));
  }
}
