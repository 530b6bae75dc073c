package dev.graft.trainer.parity;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Golden;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** One training that Graft and Keras both do: the model and the examples that Keras saved. */
public record ParityTask(
    Model model, Dataset train, Dataset heldBack, Objectives objectives, FineTune settings) {

  private static final long SEED = 4;
  private static final int HELD_BACK = 64;

  /** What an optimizer of tools/parity/optimizers.py is here, and the highest rate. */
  private record Choice(Optimizer optimizer, double rate) {}

  private static final ImmutableMap<String, Choice> OPTIMIZERS =
      ImmutableMap.of(
          "sgd", new Choice(Optimizer.sgd(), 0.02),
          "sgd_momentum", new Choice(Optimizer.sgd(0.9), 0.005),
          "sgd_nesterov", new Choice(Optimizer.sgd(0.9).nesterov(true), 0.005),
          "adam", new Choice(Optimizer.adam(), 3e-4),
          "adam_amsgrad", new Choice(Optimizer.adam().amsgrad(true), 3e-4),
          "adamw", new Choice(Optimizer.adamW(), 3e-4),
          "rmsprop", new Choice(Optimizer.rmsProp(), 1e-4),
          "adagrad", new Choice(Optimizer.adagrad(), 0.003));

  static List<String> optimizers() {
    return OPTIMIZERS.keySet().asList();
  }

  /**
   * A model and its examples.
   *
   * @param examples those to learn from first
   */
  public record Saved(Model model, Dataset examples) {

    /** Reads what {@code trajectories.py save} wrote. */
    static Saved read(Path folder, String dtype) {
      Model model = withHeads(SavedModelImporter.load(folder.resolve(dtype)));
      DataType type = dtype.equals("float64") ? DataType.DT_DOUBLE : DataType.DT_FLOAT;
      return new Saved(model, ParityTask.examples(Golden.read(folder.resolve("data.pb")), type));
    }
  }

  /**
   * A training.
   *
   * @param rateShare of the rate that the optimizer has on small networks
   */
  public static ParityTask of(
      Saved saved, String optimizer, String mode, int steps, int batch, double rateShare) {
    Model model = saved.model();
    Dataset all = saved.examples();
    int learn = all.size() - HELD_BACK;
    Choice choice = OPTIMIZERS.get(optimizer);
    FineTune settings =
        FineTune.top()
            .share(1)
            .optimizer(choice.optimizer())
            .rate(choice.rate() * rateShare)
            .epochs(1)
            .batch(batch)
            .batchNorm(
                mode.equals("training")
                    ? FineTune.BatchNorm.TRAINING
                    : FineTune.BatchNorm.INFERENCE);
    return new ParityTask(
        model,
        all.subset(IntStream.range(0, steps * batch).toArray()),
        all.subset(IntStream.range(learn, all.size()).toArray()),
        objectives(model),
        settings);
  }

  private static Objectives objectives(Model model) {
    return model.heads().size() == 1
        ? Objectives.usual()
        : Objectives.usual().weigh("tags", 0.5).weigh("size", 2); // as in trajectories.py
  }

  private static Model withHeads(Model model) {
    ImmutableList.Builder<Head> heads = ImmutableList.builder();
    model
        .servingSignature()
        .outputs()
        .forEach((name, spec) -> heads.add(head(model.graph(), name, spec)));
    return model.toBuilder().heads(heads.build()).build();
  }

  private static Head head(Graph graph, String name, TensorSpec spec) {
    NodeDef node = graph.node(spec.tensor().node());
    while (node.getOp().equals("Identity")) {
      node = graph.node(Nodes.dataInput(node, 0).node());
    }
    Head.Kind kind =
        switch (node.getOp()) {
          case "Softmax" -> Head.Kind.SINGLE_LABEL;
          case "Sigmoid" -> Head.Kind.MULTI_LABEL;
          default -> Head.Kind.REGRESSION;
        };
    TensorRef logits = kind == Head.Kind.REGRESSION ? spec.tensor() : Nodes.dataInput(node, 0);
    int units = Math.toIntExact(spec.shape().dim(1));
    Optional<Labels> labels = kind == Head.Kind.REGRESSION ? Optional.empty() : labels(units);
    return new Head(name, kind, labels, logits, logits, spec.tensor(), units);
  }

  private static Optional<Labels> labels(int units) {
    return Optional.of(Labels.of(IntStream.range(0, units).mapToObj(Integer::toString).toList()));
  }

  private static Dataset examples(Golden data, DataType dtype) {
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    data.under("input/").forEach((name, value) -> inputs.put(name, as(dtype, value)));
    Map<String, Answers> answers = new LinkedHashMap<>();
    data.under("target/")
        .forEach(
            (head, value) ->
                answers.put(
                    head,
                    switch (head) {
                      case "kind" -> new Answers(value, labels(5));
                      case "tags" -> new Answers(value, labels(4));
                      default -> Answers.numbers(value);
                    }));
    return Dataset.of(inputs, answers);
  }

  private static TensorValue as(DataType dtype, TensorValue value) {
    return dtype == DataType.DT_DOUBLE && value.dtype() == DType.FLOAT32
        ? TensorValue.of(value.shape(), value.asDoubles())
        : value;
  }

  public long seed() {
    return SEED;
  }

  public int steps() {
    return order().batches();
  }

  Order order() {
    return new Order(train.size(), settings.batch(), SEED);
  }

  double rate(long step) {
    Schedule.Position position = new Schedule.Position(step, steps(), List.of());
    return settings.rate() * settings.schedule().share(position);
  }

  /** Tells Keras rate and batch of each step. */
  public void writePlan(Path file) {
    Order order = order();
    List<String> lines =
        IntStream.range(0, steps())
            .mapToObj(
                step ->
                    rate(step)
                        + " "
                        + Arrays.stream(order.batch(step))
                            .mapToObj(Integer::toString)
                            .collect(Collectors.joining(" ")))
            .toList();
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The variables that Keras says train, in its order. */
  public List<Variable> training(List<String> names) {
    return names.stream().map(this::variable).toList();
  }

  Variable variable(String keras) {
    return Iterables.getOnlyElement(
        model.variables().stream().filter(v -> v.name().equals(keras)).toList());
  }

  InputBinding entry() {
    return InputBinding.of(model, train);
  }

  /** A stretch in which these train, with the layers that the trainer itself takes for it. */
  public Stage stage(List<Variable> training) {
    InputBinding entry = entry();
    LayersInTraining layers =
        LayersInTraining.of(
            model,
            entry.graph(),
            entry.tensors(),
            model.heads().stream().map(Head::logits).toList(),
            training,
            settings.batchNorm() == FineTune.BatchNorm.TRAINING);
    return Stage.of(1, "beside Keras", settings, training)
        .layers(layers.layers())
        .behaviour(layers.words())
        .seed(seed());
  }
}
