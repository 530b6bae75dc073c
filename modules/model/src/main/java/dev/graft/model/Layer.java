package dev.graft.model;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A layer as the model's author thinks of it. Layers form a tree: a nested model or a wrapper holds
 * others. Immutable; {@link #toBuilder} changes a copy.
 */
public final class Layer {

  private final String name;
  private final String className;
  private final ImmutableList<Layer> children;
  private final ImmutableList<String> variables;
  private final ImmutableList<TensorRef> inputs;
  private final ImmutableList<TensorRef> outputs;
  private final Shape outputShape;
  private final Behaviour behaviour;
  private final Optional<SavedFunction> training;
  private final Optional<SavedFunction> onGpu;
  private final String config;

  private Layer(Builder b) {
    this.name = b.name;
    this.className = b.className;
    this.children = b.children;
    this.variables = b.variables;
    this.inputs = b.inputs;
    this.outputs = b.outputs;
    this.outputShape = b.outputShape;
    this.behaviour = b.behaviour;
    this.training = b.training;
    this.onGpu = b.onGpu;
    this.config = b.config;
  }

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

  /** A layer of which only name and class are known so far. */
  public static Layer of(String name, String className) {
    requireNonNull(name, "name");
    requireNonNull(className, "className");
    return builder(name, className).build();
  }

  /** A builder for a layer of which only name and class are known so far. */
  public static Builder builder(String name, String className) {
    requireNonNull(name, "name");
    requireNonNull(className, "className");
    return new Builder(name, className);
  }

  /** A builder that starts from this layer. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Its name, unique among its siblings. */
  public String name() {
    return name;
  }

  /** Its class: {@code Conv2D}, {@code BatchNormalization}; empty if not known. */
  public String className() {
    return className;
  }

  /** The layers inside it. */
  public List<Layer> children() {
    return children;
  }

  /** The names of its own variables, not those of its children. */
  public List<String> variables() {
    return variables;
  }

  /** The tensors it reads, if known. */
  public List<TensorRef> inputs() {
    return inputs;
  }

  /** The tensors it gives; several for a shared layer or one with several outputs. */
  public List<TensorRef> outputs() {
    return outputs;
  }

  /** The shape of its first output as far as it is known. */
  public Shape outputShape() {
    return outputShape;
  }

  /** What it does differently in training, where that was recognised. */
  public Behaviour behaviour() {
    return behaviour;
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
  @Internal
  public Optional<SavedFunction> training() {
    return training;
  }

  /**
   * What it does in training on a GPU, where the SavedModel holds that beside what a CPU does: an
   * LSTM or GRU by cuDNN's kernel. It stands where {@link #training} would, and computes the same
   * as that, or as the graph if there is none. An edit that leaves out the one leaves out both.
   */
  @Internal
  public Optional<SavedFunction> onGpu() {
    return onGpu;
  }

  /** What it does in training, and on a GPU, as far as these are functions of their own. */
  @Internal
  public Stream<SavedFunction> functions() {
    return Stream.concat(training.stream(), onGpu.stream());
  }

  /**
   * Its Keras configuration as JSON; of a file that does not list its layers what the graph shows
   * of it; empty if not known.
   */
  public String config() {
    return config;
  }

  /** This layer and all inside it, from the outside in. */
  public Stream<Layer> walk() {
    return Stream.concat(Stream.of(this), children.stream().flatMap(Layer::walk));
  }

  /** This layer and all inside it, reading {@code to} where they read {@code from}. */
  public Layer redirected(TensorRef from, TensorRef to) {
    return toBuilder()
        .children(Lists.transform(children, child -> child.redirected(from, to)))
        .tensors(
            Lists.transform(inputs, input -> input.equals(from) ? to : input), outputs, outputShape)
        .build();
  }

  private List<Object> parts() {
    return List.of(
        name,
        className,
        children,
        variables,
        inputs,
        outputs,
        outputShape,
        behaviour,
        training,
        onGpu,
        config);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Layer layer && parts().equals(layer.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  @Override
  public String toString() {
    return "Layer" + parts();
  }

  /** Collects what is known of a layer. */
  public static final class Builder {
    private String name;
    private final String className;
    private ImmutableList<Layer> children = ImmutableList.of();
    private ImmutableList<String> variables = ImmutableList.of();
    private ImmutableList<TensorRef> inputs = ImmutableList.of();
    private ImmutableList<TensorRef> outputs = ImmutableList.of();
    private Shape outputShape = Shape.unknown();
    private Behaviour behaviour = new Behaviour.Plain();
    private Optional<SavedFunction> training = Optional.empty();
    private Optional<SavedFunction> onGpu = Optional.empty();
    private String config = "";

    private Builder(String name, String className) {
      this.name = name;
      this.className = className;
    }

    private Builder(Layer layer) {
      this(layer.name, layer.className);
      this.children = layer.children;
      this.variables = layer.variables;
      this.inputs = layer.inputs;
      this.outputs = layer.outputs;
      this.outputShape = layer.outputShape;
      this.behaviour = layer.behaviour;
      this.training = layer.training;
      this.onGpu = layer.onGpu;
      this.config = layer.config;
    }

    /** Sets its name. */
    @CanIgnoreReturnValue
    public Builder name(String value) {
      this.name = value;
      return this;
    }

    /** Sets the layers inside it. */
    @CanIgnoreReturnValue
    public Builder children(Iterable<Layer> value) {
      this.children = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the names of its own variables. */
    @CanIgnoreReturnValue
    public Builder variables(Iterable<String> value) {
      this.variables = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets what it reads and gives, and the shape of its first output. */
    @CanIgnoreReturnValue
    public Builder tensors(Iterable<TensorRef> in, Iterable<TensorRef> out, Shape shape) {
      this.inputs = ImmutableList.copyOf(in);
      this.outputs = ImmutableList.copyOf(out);
      this.outputShape = shape;
      return this;
    }

    /** Sets what it does differently in training. */
    @CanIgnoreReturnValue
    public Builder behaviour(Behaviour value) {
      this.behaviour = value;
      return this;
    }

    /** Sets its own training=True function; without one it does in training what the graph does. */
    @Internal
    @CanIgnoreReturnValue
    public Builder training(Optional<SavedFunction> value) {
      this.training = value;
      return this;
    }

    /** Sets its own training=True function. */
    @Internal
    @CanIgnoreReturnValue
    public Builder training(SavedFunction value) {
      return training(Optional.of(value));
    }

    /** Sets what it does in training on a GPU, where that is another function. */
    @Internal
    @CanIgnoreReturnValue
    public Builder onGpu(Optional<SavedFunction> value) {
      this.onGpu = value;
      return this;
    }

    /** Leaves out what it does in training by itself: it is as in inference then. */
    @Internal
    @CanIgnoreReturnValue
    public Builder asInInference() {
      return training(Optional.empty()).onGpu(Optional.empty());
    }

    /** Sets its Keras configuration. */
    @CanIgnoreReturnValue
    public Builder config(String json) {
      this.config = json;
      return this;
    }

    /** The layer. */
    public Layer build() {
      return new Layer(this);
    }
  }
}
