package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.error.BadModelException;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A layer as the model's author thinks of it. Layers form a tree: a nested model or a wrapper holds
 * others.
 *
 * @param name its name, unique among its siblings
 * @param className its class: {@code Conv2D}, {@code BatchNormalization}; empty if not known
 * @param children the layers inside it
 * @param variables the names of its own variables, not those of its children
 * @param inputs the tensors it reads, if known
 * @param outputs the tensors it gives; several for a shared layer or one with several outputs
 * @param outputShape the shape of its first output as far as it is known
 * @param behaviour what it does differently in training, where that was recognised
 * @param training its own training=True function, where the SavedModel holds one that does anything
 *     else than the graph; see {@link #training}
 * @param config its Keras configuration as JSON; of a file that does not list its layers what the
 *     graph shows of it; empty if not known
 */
public record Layer(
    String name,
    String className,
    ImmutableList<Layer> children,
    ImmutableList<String> variables,
    ImmutableList<TensorRef> inputs,
    ImmutableList<TensorRef> outputs,
    Shape outputShape,
    Behaviour behaviour,
    Optional<SavedFunction> training,
    String config) {

  /** What a layer does differently in training, as far as it has to be controlled from outside. */
  public sealed interface Behaviour {
    /** The same in training as in inference, as far as is known. */
    record Plain() implements Behaviour {}

    /**
     * Normalises by the batch in training, by moving statistics in inference.
     *
     * @param momentum how much of the old statistics each step keeps
     * @param epsilon what is added to the variance
     * @param movingMean the variable's name
     * @param movingVariance the variable's name
     */
    record BatchNorm(double momentum, double epsilon, String movingMean, String movingVariance)
        implements Behaviour {}

    /**
     * Drops or disturbs values in training.
     *
     * @param kind the layer's class: Dropout, SpatialDropout2D, GaussianNoise, AlphaDropout...
     * @param rate its rate or deviation
     */
    record Noise(String kind, double rate) implements Behaviour {}
  }

  /**
   * Its own training=True function, where the SavedModel holds one that does anything else than the
   * graph: dropout, noise, augmentation, BatchNorm by the batch, penalties, whatever its author
   * wrote under {@code if training}. It stands for one call of the layer and for all that is inside
   * the layer: who splices it in does not splice in those of its {@link #children} too. A model
   * within the model that only arranges layers has none, since its layers have theirs.
   *
   * <ul>
   *   <li>Its first {@link SavedFunction#callerArguments} arguments are the call's inputs: {@link
   *       #inputs} holds those of the first call, then those of the second, and so on, the same
   *       number for each. The remaining arguments are bound to {@link SavedFunction#captures}.
   *   <li>A result called {@code output_2} takes the place of the call's output number 2, counted
   *       from 0, in what {@link #outputs} holds for that call. Not every output has one (masks are
   *       the same in training), and some functions give no output at all.
   *   <li>Results called {@code penalty_0}, {@code penalty_1}, ... are scalars that Keras adds to
   *       the loss. A penalty on the layer's activity is divided by the batch size already. Those
   *       on weights are not among them but in {@link Model#penalties}.
   *   <li>Its targets (updates of moving statistics, random generators) have to run with it. Where
   *       a layer is called several times, a later call reads what an earlier one has written: all
   *       reads of a later call wait for the targets of the one before.
   *   <li>Random ops in it may have the same seed as those of other layers.
   * </ul>
   *
   * The function is read when {@link SavedFunction#body} is first called, which fails with a {@link
   * BadModelException} if it does not fit the layer's place in the graph. An edit that changes what
   * a layer reads or gives has to leave the function out.
   */
  @Override
  public Optional<SavedFunction> training() {
    return training;
  }

  /** A layer of which only name and class are known so far. */
  public static Layer of(String name, String className) {
    return new Layer(
        name,
        className,
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableList.of(),
        Shape.unknown(),
        new Behaviour.Plain(),
        Optional.empty(),
        "");
  }

  /** This layer and all inside it, from the outside in. */
  public Stream<Layer> walk() {
    return Stream.concat(Stream.of(this), children.stream().flatMap(Layer::walk));
  }

  /** This layer under another name. */
  public Layer withName(String other) {
    return new Layer(
        other,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        training,
        config);
  }

  /** This layer with other children. */
  public Layer withChildren(Iterable<Layer> others) {
    return new Layer(
        name,
        className,
        ImmutableList.copyOf(others),
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        training,
        config);
  }

  /** This layer with other variables. */
  public Layer withVariables(Iterable<String> names) {
    return new Layer(
        name,
        className,
        children,
        ImmutableList.copyOf(names),
        inputs,
        outputs,
        outputShape,
        behaviour,
        training,
        config);
  }

  /** This layer between other tensors. */
  public Layer withTensors(Iterable<TensorRef> in, Iterable<TensorRef> out, Shape shape) {
    return new Layer(
        name,
        className,
        children,
        variables,
        ImmutableList.copyOf(in),
        ImmutableList.copyOf(out),
        shape,
        behaviour,
        training,
        config);
  }

  /** This layer and all inside it, reading {@code to} where they read {@code from}. */
  public Layer redirected(TensorRef from, TensorRef to) {
    return withChildren(Lists.transform(children, child -> child.redirected(from, to)))
        .withTensors(
            Lists.transform(inputs, input -> input.equals(from) ? to : input),
            outputs,
            outputShape);
  }

  /** This layer with its training behaviour told. */
  public Layer withBehaviour(Behaviour other) {
    return new Layer(
        name,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        other,
        training,
        config);
  }

  /** This layer with its own training=True function. */
  public Layer withTraining(SavedFunction function) {
    return new Layer(
        name,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        Optional.of(function),
        config);
  }

  /** This layer without a training=True function: in training it does what the graph does. */
  public Layer withoutTraining() {
    return new Layer(
        name,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        Optional.empty(),
        config);
  }

  /** This layer with its Keras configuration. */
  public Layer withConfig(String json) {
    return new Layer(
        name,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        training,
        json);
  }
}
