package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import com.google.common.collect.Maps;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A network with its weights: the value that every stage takes and gives. Immutable; each edit
 * makes a new one. It holds one flat graph and says what the parts of that graph are: variables,
 * layers, signatures, inputs, heads.
 *
 * <p>Loading or editing a Model runs no native code, and the weights stay on disk until they are
 * needed.
 */
public final class Model {

  private final String name;
  private final Graph graph;
  private final ImmutableMap<String, Variable> variables;
  private final ImmutableList<Layer> layers;
  private final ImmutableMap<String, Signature> signatures;
  private final ImmutableList<InputSpec> inputs;
  private final ImmutableList<Head> heads;
  private final ImmutableList<Asset> assets;
  private final ImmutableList<String> initializers;
  private final ImmutableList<SavedFunction> penalties;
  private final ImmutableSortedSet<String> leftOut;
  private final Provenance provenance;
  private final Optional<Source> source;

  /**
   * The SavedModel that a model was read from: of a version that Graft published itself, the
   * version, where {@link #provenance} names what that had begun with.
   *
   * @param folder its folder
   * @param digest SHA-256 of {@code saved_model.pb} and the checkpoint's index, in hex
   */
  @Internal
  public record Source(Path folder, String digest) {}

  private Model(Builder b) {
    this.name = b.name;
    this.graph = b.graph;
    this.variables = Maps.uniqueIndex(b.variables, Variable::name);
    this.layers = b.layers;
    this.signatures = b.signatures;
    this.inputs = b.inputs;
    this.heads = b.heads;
    this.assets = b.assets;
    this.initializers = b.initializers;
    this.penalties = b.penalties;
    this.leftOut = b.leftOut;
    this.provenance = b.provenance;
    this.source = b.source;
    check();
  }

  private void check() {
    variables.values().forEach(variable -> graph.node(variable.node()));
    allLayers()
        .forEach(
            layer -> {
              for (String variable : layer.variables()) {
                if (!variables.containsKey(variable)) {
                  String text =
                      "layer '%s' names the variable '%s', which the model does not have.";
                  throw new BadModelException(text.formatted(layer.name(), variable));
                }
              }
            });
    for (Signature signature : signatures.values()) {
      signature.inputs().values().forEach(spec -> graph.node(spec.tensor().node()));
      signature.outputs().values().forEach(spec -> graph.node(spec.tensor().node()));
      signature.targets().forEach(graph::node);
    }
    for (Head head : heads) {
      Stream.of(head.features(), head.logits(), head.output())
          .forEach(tensor -> graph.node(tensor.node()));
    }
  }

  /** What the model is called: its folder's name, or the name of the Keras model. */
  public String name() {
    return name;
  }

  /** The flat graph. */
  @Internal
  public Graph graph() {
    return graph;
  }

  /**
   * The flat graph in TensorFlow's own form, a serialised {@code GraphDef}: for who knows it and
   * wants to see more than a Model tells, with TensorFlow's tools or the classes of its protos.
   */
  public byte[] graphDef() {
    return graph.toGraphDef().toByteArray();
  }

  /** All variables, each once, in the model's own order. */
  public List<Variable> variables() {
    return variables.values().asList();
  }

  /** The variables that training changes. */
  public List<Variable> trainableVariables() {
    return variables.values().stream().filter(Variable::trainable).toList();
  }

  /** The variable called {@code name}. */
  public Optional<Variable> variable(String name) {
    return Optional.ofNullable(variables.get(name));
  }

  /** The outermost layers, in the order in which the author put them. */
  public List<Layer> layers() {
    return layers;
  }

  /** Every layer, each before those inside it. */
  public Stream<Layer> allLayers() {
    return layers.stream().flatMap(Layer::walk);
  }

  /** The ways to call the model, by name. */
  public Map<String, Signature> signatures() {
    return signatures;
  }

  /** The signature {@code serving_default}, or the only one; fails if there is no such. */
  public Signature servingSignature() {
    Signature signature = signatures.get(Signature.SERVING_DEFAULT);
    if (signature != null) {
      return signature;
    }
    if (signatures.size() == 1) {
      return signatures.values().iterator().next();
    }
    if (signatures.isEmpty()) {
      throw new BadRequestException("the model has no signature; save it with one.");
    }
    throw new BadRequestException(
        "the model has no signature 'serving_default'; choose one of " + signatures.keySet() + ".",
        Remedy.SIGNATURE);
  }

  /** What the model expects at each input of its serving signature. */
  public List<InputSpec> inputs() {
    return inputs;
  }

  /**
   * The answers that the model gives, as far as they were found or made; empty if none was
   * recognised.
   */
  public List<Head> heads() {
    return heads;
  }

  /** The files that belong to the model. */
  public List<Asset> assets() {
    return assets;
  }

  /**
   * Nodes to run once before first use, after the variables have their values: they fill lookup
   * tables.
   */
  public List<String> initializers() {
    return initializers;
  }

  /**
   * The signatures of the SavedModel that are no part of this model, since they would reach into
   * files, the network or other code and the model was loaded without trust.
   */
  public SortedSet<String> leftOut() {
    return leftOut;
  }

  /**
   * Saved penalties (kernel and bias regularisation): functions without caller arguments that give
   * a scalar each.
   */
  @Internal
  public List<SavedFunction> penalties() {
    return penalties;
  }

  /** Where it came from and what was done to it. */
  public Provenance provenance() {
    return provenance;
  }

  /** The SavedModel that it was read from; empty for a model made in memory. */
  @Internal
  public Optional<Source> source() {
    return source;
  }

  /** The model after these edits, one after the other. */
  @SafeVarargs
  public final Model with(UnaryOperator<Model>... edits) {
    Model edited = this;
    for (UnaryOperator<Model> edit : edits) {
      edited = edit.apply(edited);
    }
    return edited;
  }

  /**
   * This model with other values for some of its variables, as a training leaves them.
   *
   * @param values by the variables' names
   */
  @Internal
  public Model withValues(Map<String, TensorValue> values) {
    ImmutableList.Builder<Variable> given = ImmutableList.builder();
    for (Variable variable : variables()) {
      TensorValue value = values.get(variable.name());
      given.add(value == null ? variable : variable.source(new VariableSource.Given(value)));
    }
    return toBuilder().variables(given.build()).build();
  }

  /** A builder that starts from this model. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** A builder for a model with nothing but a graph. */
  @Internal
  public static Builder builder(String name, Graph graph, Provenance.Origin origin) {
    return new Builder(name, graph, new Provenance(origin, ImmutableList.of()));
  }

  @Override
  public String toString() {
    return name + ": " + variables.size() + " variables, " + graph.size() + " nodes";
  }

  /** Collects the parts of a new {@link Model}; {@link #build} checks that they fit together. */
  public static final class Builder {
    private String name;
    private Graph graph;
    private ImmutableList<Variable> variables = ImmutableList.of();
    private ImmutableList<Layer> layers = ImmutableList.of();
    private ImmutableMap<String, Signature> signatures = ImmutableMap.of();
    private ImmutableList<InputSpec> inputs = ImmutableList.of();
    private ImmutableList<Head> heads = ImmutableList.of();
    private ImmutableList<Asset> assets = ImmutableList.of();
    private ImmutableList<String> initializers = ImmutableList.of();
    private ImmutableList<SavedFunction> penalties = ImmutableList.of();
    private ImmutableSortedSet<String> leftOut = ImmutableSortedSet.of();
    private Provenance provenance;
    private Optional<Source> source = Optional.empty();

    private Builder(String name, Graph graph, Provenance provenance) {
      this.name = name;
      this.graph = graph;
      this.provenance = provenance;
    }

    private Builder(Model model) {
      this(model.name, model.graph, model.provenance);
      this.variables = model.variables.values().asList();
      this.layers = model.layers;
      this.signatures = model.signatures;
      this.inputs = model.inputs;
      this.heads = model.heads;
      this.assets = model.assets;
      this.initializers = model.initializers;
      this.penalties = model.penalties;
      this.source = model.source;
      this.leftOut = model.leftOut;
    }

    /** Sets the name. */
    @CanIgnoreReturnValue
    public Builder name(String value) {
      this.name = value;
      return this;
    }

    /** Sets the graph. */
    @Internal
    @CanIgnoreReturnValue
    public Builder graph(Graph value) {
      this.graph = value;
      return this;
    }

    /** Sets the variables. */
    @CanIgnoreReturnValue
    public Builder variables(Iterable<Variable> value) {
      this.variables = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the outermost layers. */
    @CanIgnoreReturnValue
    public Builder layers(Iterable<Layer> value) {
      this.layers = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the signatures, each under its own name. */
    @CanIgnoreReturnValue
    public Builder signatures(Iterable<Signature> value) {
      this.signatures = Maps.uniqueIndex(value, Signature::name);
      return this;
    }

    /** Sets what the inputs expect. */
    @CanIgnoreReturnValue
    public Builder inputs(Iterable<InputSpec> value) {
      this.inputs = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the heads. */
    @CanIgnoreReturnValue
    public Builder heads(Iterable<Head> value) {
      this.heads = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the assets. */
    @CanIgnoreReturnValue
    public Builder assets(Iterable<Asset> value) {
      this.assets = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the nodes that fill tables. */
    @CanIgnoreReturnValue
    public Builder initializers(Iterable<String> value) {
      this.initializers = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets the names of the signatures that were left out. */
    @CanIgnoreReturnValue
    public Builder leftOut(Iterable<String> value) {
      this.leftOut = ImmutableSortedSet.copyOf(value);
      return this;
    }

    /** Sets the saved penalties. */
    @Internal
    @CanIgnoreReturnValue
    public Builder penalties(Iterable<SavedFunction> value) {
      this.penalties = ImmutableList.copyOf(value);
      return this;
    }

    /** Sets where it came from and what was done to it so far. */
    @CanIgnoreReturnValue
    public Builder provenance(Provenance value) {
      this.provenance = value;
      return this;
    }

    /** Sets the SavedModel that it was read from. */
    @Internal
    @CanIgnoreReturnValue
    public Builder source(Source value) {
      this.source = Optional.of(value);
      return this;
    }

    /** Records one more step of what was done. */
    @CanIgnoreReturnValue
    public Builder step(String operation, Map<String, String> arguments) {
      this.provenance = provenance.plus(operation, arguments);
      return this;
    }

    /** The model; fails if its parts do not fit together. */
    public Model build() {
      return new Model(this);
    }
  }
}
