package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasMetadata.Inbound;
import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import dev.graft.model.Layer;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * The layer tree of a SavedModel of Keras 2, from its object graph: an object for each layer, with
 * the layers inside it listed under {@code keras_api/layers}.
 */
public final class KerasLayers {

  private static final String START = "(input)"; // of a chain; no layer is called so

  private final ObjectGraph objects;
  private final LayerObjects inside;
  private final KerasMetadata metadata;
  private final LayerTensors tensors;
  private final Map<Integer, Variable> variables; // by object
  private final Graph graph;
  private final KerasTraining training;
  private final Map<Integer, Info> infos = new HashMap<>();
  private final LayerScopes scopes;
  private final SilentLayers silent;
  private final Iterator<String> unnamed; // inputs of the signature, for input layers without name

  public KerasLayers(
      ObjectGraph objects,
      KerasMetadata metadata,
      LayerTensors tensors,
      Map<Integer, Variable> variables,
      Graph graph,
      KerasTraining training) {
    this.objects = objects;
    this.inside = new LayerObjects(objects);
    this.metadata = metadata;
    this.tensors = tensors;
    this.variables = variables;
    this.graph = graph;
    this.training = training;
    this.scopes = new LayerScopes(tensors);
    this.silent = new SilentLayers(graph, tensors);
    this.unnamed = tensors.inputs().keySet().iterator();
  }

  /** The outermost layers; empty if the model was not saved by Keras 2 with its layers. */
  public List<Layer> layers() {
    if (objects.isEmpty()) {
      return List.of();
    }
    List<Integer> top =
        inside.isLayer(ObjectGraph.ROOT)
            ? inside.of(ObjectGraph.ROOT)
            : inside.outermost(ObjectGraph.ROOT);
    if (top.isEmpty() && inside.isLayer(ObjectGraph.ROOT) && !weights(ObjectGraph.ROOT).isEmpty()) {
      top = List.of(ObjectGraph.ROOT);
    }
    boolean chain =
        inside.isLayer(ObjectGraph.ROOT) && info(ObjectGraph.ROOT).className().equals("Sequential");
    List<TensorRef> inputs = tensors.inputs().values().stream().map(TensorSpec::tensor).toList();
    List<TensorRef> read = chain ? inputs : List.of(); // else its input layers say it by name
    return build(top, new Network(rootScopes(top), 1, chain, read), 0);
  }

  /**
   * The graph in which each layer has a node, if the one at hand lacks some; to be asked after
   * {@link #layers}.
   */
  public Optional<Graph> completed() {
    return silent.graph();
  }

  private Info info(int id) {
    return infos.computeIfAbsent(
        id,
        i -> {
          Info info = metadata.info(i);
          String identifier = objects.object(i).getUserObject().getIdentifier();
          String name = info.name();
          if (name.isEmpty()) {
            boolean input = identifier.equals("_tf_keras_input_layer") && unnamed.hasNext();
            name = input ? unnamed.next() : nameFromFunctions(i);
          }
          String type = info.className().isEmpty() ? className(identifier) : info.className();
          return new Info(name, type, info.config(), info.calls(), info.kerasVersion());
        });
  }

  private static String className(String identifier) {
    return switch (identifier) {
      case "_tf_keras_input_layer" -> "InputLayer";
      case "_tf_keras_sequential" -> "Sequential";
      case "_tf_keras_network" -> "Functional";
      default -> ""; // guessed when the layer is known better
    };
  }

  /**
   * Keras calls the functions of layer {@code dense} {@code __inference_dense_layer_call_fn_12}.
   */
  private String nameFromFunctions(int id) {
    for (ObjectReference child : objects.children(id)) {
      SavedObject object = objects.object(child.getNodeId());
      if (object.getKindCase() == KindCase.FUNCTION) {
        for (String function : object.getFunction().getConcreteFunctionsList()) {
          int end = function.lastIndexOf("_layer_call_");
          if (function.startsWith("__inference_") && end > "__inference_".length()) {
            return function.substring("__inference_".length(), end);
          }
        }
      }
    }
    for (int variable : weights(id)) {
      String name = variables.containsKey(variable) ? variables.get(variable).name() : "";
      int slash = name.lastIndexOf('/');
      if (slash > 0) {
        return name.substring(name.lastIndexOf('/', slash - 1) + 1, slash);
      }
    }
    return "";
  }

  /** The variable objects of layer {@code id} and of those inside it. */
  private List<Integer> weights(int id) {
    List<Integer> listed = objects.list(id, "variables");
    Set<Integer> all = new LinkedHashSet<>(listed);
    if (listed.isEmpty()) {
      for (ObjectReference child : objects.children(id)) {
        all.add(child.getNodeId());
      }
    }
    all.removeIf(variable -> objects.object(variable).getKindCase() != KindCase.VARIABLE);
    return List.copyOf(all);
  }

  private List<String> readers(int weight) {
    Variable variable = variables.get(weight);
    return variable == null ? List.of() : tensors.readers(variable.node());
  }

  /** The layers of one network, model or wrapper, while they are built. */
  private static final class Network {
    final List<String> scopes; // of the network's own calls, in which its layers stand
    final int calls;
    final boolean chain; // each layer reads the one before
    final Optional<TensorRef> input; // what it reads, if it is called once and that is one tensor
    final Set<String> names = new HashSet<>();
    final Map<String, Placed> placed = new LinkedHashMap<>();
    final Set<String> silent = new LinkedHashSet<>(); // layers without a node that act in training

    Network(List<String> scopes, int calls, boolean chain, List<TensorRef> read) {
      this.scopes = scopes;
      this.calls = calls;
      this.chain = chain;
      this.input = calls == 1 && read.size() == 1 ? Optional.of(read.get(0)) : Optional.empty();
    }
  }

  /** A layer with its calls. */
  record Placed(Layer layer, Info info, ImmutableList<Call> calls) {

    /** The tensor that {@code inbound} means, which names this layer, if it is known. */
    Optional<TensorRef> output(Inbound inbound) {
      int made = Math.max(1, info.calls().size());
      int perCall = layer.outputs().size() / made;
      int at = call(inbound) * perCall + inbound.output();
      return inbound.output() < perCall && at < layer.outputs().size()
          ? Optional.of(layer.outputs().get(at))
          : Optional.empty();
    }

    /** Which of the calls {@code inbound} means; of a model Keras counts its own making as one. */
    int call(Inbound inbound) {
      boolean model = !layer.children().isEmpty() && info.isModel();
      return Math.max(0, inbound.call() - (model ? 1 : 0));
    }
  }

  private List<Layer> build(List<Integer> ids, Network network, int depth) {
    ids.forEach(id -> network.names.add(info(id).name()));
    if (network.chain && network.input.isPresent()) { // a chain may list no input layer
      Layer start = Layer.of(START, "InputLayer");
      Shape shape = tensors.shape(network.input.get());
      start = start.withTensors(List.of(), List.of(network.input.get()), shape);
      network.placed.put(START, new Placed(start, Info.NONE, ImmutableList.of()));
    }
    List<Layer> layers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    String previous = network.placed.isEmpty() ? "" : START;
    for (int id : ids) {
      Layer layer = build(id, network, previous, depth);
      previous = layer.name();
      String name = layer.name();
      for (int i = 1; !names.add(name); i++) {
        name = layer.name() + "_" + i;
      }
      layers.add(name.equals(layer.name()) ? layer : layer.withName(name));
    }
    silent.speak(network.silent, network.placed, network.scopes);
    return layers;
  }

  private Layer build(int id, Network network, String previous, int depth) {
    Info info = network.chain ? info(id).after(previous) : info(id);
    List<Integer> weights = weights(id);
    List<String> readers = weights.stream().flatMap(weight -> readers(weight).stream()).toList();
    List<String> places = scopes.of(info, readers, network.scopes, network.names);
    ImmutableList<Call> calls = calls(places, info, network);
    List<Integer> within = inside.enter(id, depth);
    boolean chain = info.className().equals("Sequential");
    List<TensorRef> read =
        info.isModel()
            ? calls.stream().flatMap(c -> c.border().inputs().stream()).toList()
            : List.of();
    List<Layer> children = build(within, new Network(places, calls.size(), chain, read), depth + 1);
    inside.leave(id);
    Set<Integer> own = new LinkedHashSet<>(weights);
    within.forEach(child -> weights(child).forEach(own::remove));
    List<Variable> held = new ArrayList<>();
    for (int variable : own) {
      Variable known = variables.get(variable);
      if (known != null) {
        held.add(known);
      }
    }
    String type = info.className();
    if (type.isEmpty()) {
      Set<String> ops = new HashSet<>();
      places.forEach(scope -> ops.addAll(tensors.ops(scope)));
      type = LayerClass.of(info.name(), held, ops, !children.isEmpty());
    }
    Layer layer =
        Layer.of(info.name().isEmpty() ? "layer_" + id : info.name(), type)
            .withChildren(children)
            .withVariables(Lists.transform(held, Variable::name))
            .withConfig(info.config())
            .withBehaviour(LayerBehaviour.of(type, info, held));
    layer = withTensors(layer, info, calls, network);
    if (!actsThroughLayers(info, within, children)) {
      LayerPlace place = new LayerPlace(layer.name(), graph, calls);
      layer = training.of(id, place).map(layer::withTraining).orElse(layer);
      if (calls.isEmpty() && training.differs(id)) {
        network.silent.add(layer.name());
      }
    }
    network.placed.put(layer.name(), new Placed(layer, info, calls));
    return layer;
  }

  /**
   * Whether a layer is a mere arrangement of others, and each of these that acts in training has a
   * function of its own, or is such an arrangement itself.
   */
  private boolean actsThroughLayers(Info info, List<Integer> within, List<Layer> children) {
    boolean all = info.isModel() && !within.isEmpty() && within.size() == children.size();
    for (int i = 0; all && i < within.size(); i++) {
      Layer child = children.get(i);
      all =
          child.training().isPresent()
              || !training.differs(within.get(i))
              || actsThroughLayers(info(within.get(i)), inside.of(within.get(i)), child.children());
    }
    return all;
  }

  /** A layer of a shared network is called as often as the network, or a multiple of that. */
  private ImmutableList<Call> calls(List<String> places, Info info, Network network) {
    int most = network.calls * Math.max(1, info.calls().size());
    ImmutableList<Call> calls = tensors.calls(places, most);
    return calls.size() == most ? calls : tensors.calls(places, network.calls);
  }

  private Layer withTensors(Layer layer, Info info, ImmutableList<Call> calls, Network network) {
    List<TensorRef> inputs = new ArrayList<>();
    List<TensorRef> outputs = new ArrayList<>();
    for (Call call : calls) {
      inputs.addAll(call.border().inputs());
      outputs.addAll(call.border().outputs());
    }
    if (calls.isEmpty() && info.className().equals("InputLayer")) {
      outputs.addAll(network.input.map(List::of).orElse(tensors.input(layer.name())));
    } else if (calls.isEmpty()) { // it hands on what it gets, like a linear activation
      for (ImmutableList<Inbound> call : info.calls()) {
        Placed from = call.size() == 1 ? network.placed.get(call.get(0).layer()) : null;
        if (from != null) {
          from.output(call.get(0))
              .ifPresent(
                  tensor -> {
                    inputs.add(tensor);
                    outputs.add(tensor);
                  });
        }
      }
    }
    Shape shape = outputs.isEmpty() ? Shape.unknown() : tensors.shape(outputs.get(0));
    return layer.withTensors(inputs, outputs, shape);
  }

  /**
   * The scopes under which the outermost layers stand: that of the model's own name, or wherever
   * the layers' variables are read.
   */
  private List<String> rootScopes(List<Integer> top) {
    String name =
        inside.isLayer(ObjectGraph.ROOT)
            ? LayerScopes.scopeName(info(ObjectGraph.ROOT).name()) + "/"
            : "";
    Map<String, Integer> votes = new LinkedHashMap<>();
    votes.put("", 0);
    if (tensors.has(name)) {
      votes.put(name, 1);
    }
    for (int id : top) {
      String layer = LayerScopes.scopeName(info(id).name());
      for (int weight : weights(id)) {
        for (String reader : readers(weight)) {
          int at = reader.startsWith(layer + "/") ? 0 : reader.indexOf("/" + layer + "/") + 1;
          if (at > 0 || reader.startsWith(layer + "/")) {
            votes.merge(reader.substring(0, at), 1, Integer::sum);
          }
        }
      }
    }
    String best = "";
    for (Map.Entry<String, Integer> vote : votes.entrySet()) {
      if (vote.getValue() > votes.getOrDefault(best, 0)) {
        best = vote.getKey();
      }
    }
    return List.of(best);
  }
}
