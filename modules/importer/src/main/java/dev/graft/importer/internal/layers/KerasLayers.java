package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasMetadata.Inbound;
import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import dev.graft.importer.internal.layers.SilentLayers.Silence;
import dev.graft.model.Layer;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The layer tree of a SavedModel of Keras 2, from its object graph: an object for each layer, with
 * the layers inside it listed under {@code keras_api/layers}.
 */
public final class KerasLayers {

  private static final String START = "(input)"; // of a chain; no layer is called so

  private final KerasTraining training;
  private final LayerObjects inside;
  private final LayerInfos infos;
  private final LayerTensors tensors;
  private final LayerScopes scopes;

  private KerasLayers(KerasNotes notes, Map<Integer, Variable> variables, LayerTensors tensors) {
    this.training = notes.training();
    this.inside = new LayerObjects(notes.objects());
    this.infos = new LayerInfos(notes, variables, tensors.inputs().keySet());
    this.tensors = tensors;
    this.scopes = new LayerScopes(tensors);
  }

  /**
   * The layers of the graph of {@code tensors}, and the graph in which each of them has a node. No
   * layers if the model was not saved by Keras 2 with its layers.
   *
   * @param variables the model's variables, by object
   */
  public static Layered of(
      KerasNotes notes, Map<Integer, Variable> variables, LayerTensors tensors) {
    if (notes.objects().isEmpty()) {
      return new Layered(tensors.graph(), ImmutableList.of());
    }
    Tree tree = new KerasLayers(notes, variables, tensors).tree();
    Optional<Graph> completed = SilentLayers.completed(tensors, tree.silences());
    if (completed.isEmpty()) {
      return new Layered(tensors.graph(), tree.layers());
    }
    LayerTensors again = tensors.of(completed.get());
    return new Layered(completed.get(), new KerasLayers(notes, variables, again).tree().layers());
  }

  /**
   * Layers, and where some of them and of those inside them have nothing in the graph.
   *
   * @param silences innermost first
   */
  private record Tree(ImmutableList<Layer> layers, ImmutableList<Silence> silences) {}

  /**
   * One layer.
   *
   * @param layer the layer without its tensors
   * @param inside what is inside it
   * @param silent whether it acts in training and has nothing in the graph
   */
  private record Built(Placed layer, Tree inside, boolean silent) {}

  private Tree tree() {
    boolean root = inside.isLayer(ObjectGraph.ROOT);
    List<Integer> top = root ? inside.of(ObjectGraph.ROOT) : inside.outermost(ObjectGraph.ROOT);
    if (top.isEmpty() && root && !infos.weights(ObjectGraph.ROOT).isEmpty()) {
      top = List.of(ObjectGraph.ROOT);
    }
    boolean chain = root && infos.of(ObjectGraph.ROOT).className().equals("Sequential");
    List<TensorRef> inputs = tensors.inputs().values().stream().map(TensorSpec::tensor).toList();
    List<TensorRef> read = chain ? inputs : List.of(); // else its input layers say it by name
    return build(new Network(top, rootScopes(top), 1, chain, Network.input(1, read)), List.of());
  }

  /**
   * The layers of {@code network}.
   *
   * @param above the layers that it is inside of
   */
  private Tree build(Network network, List<Integer> above) {
    Set<String> siblings = new HashSet<>();
    network.layers().forEach(id -> siblings.add(infos.of(id).name()));
    Map<String, Placed> placed = new LinkedHashMap<>();
    if (network.chain() && network.input().isPresent()) { // a chain may list no input layer
      TensorRef read = network.input().get();
      Layer start =
          Layer.builder(START, "InputLayer")
              .tensors(List.of(), List.of(read), tensors.shape(read))
              .build();
      placed.put(START, new Placed(start, Info.NONE, ImmutableList.of()));
    }
    ImmutableList.Builder<Layer> layers = ImmutableList.builder();
    ImmutableList.Builder<Silence> silences = ImmutableList.builder();
    Set<String> silent = new LinkedHashSet<>();
    Names names = Names.none();
    String previous = placed.isEmpty() ? "" : START;
    for (int id : network.layers()) {
      Info info = network.chain() ? infos.of(id).after(previous) : infos.of(id);
      Built built = build(id, placeOf(id, info, network, siblings), above);
      Placed layer = withTensors(built.layer(), network, placed);
      previous = layer.layer().name();
      placed.put(previous, layer);
      if (built.silent()) {
        silent.add(previous);
      }
      silences.addAll(built.inside().silences());
      layers.add(layer.layer().toBuilder().name(names.take(previous)).build());
    }
    silences.add(new Silence(silent, placed, network.scopes()));
    return new Tree(layers.build(), silences.build());
  }

  /** Where one layer stands. */
  private record Place(Info info, List<String> scopes, ImmutableList<Call> calls) {}

  private Place placeOf(int id, Info info, Network network, Set<String> siblings) {
    List<String> places = scopes.of(info, infos.readers(id, tensors), network.scopes(), siblings);
    // a layer of a shared network is called as often as the network, or a multiple of that
    int most = network.calls() * Math.max(1, info.calls().size());
    ImmutableList<Call> calls = tensors.calls(places, most);
    return new Place(
        info, places, calls.size() == most ? calls : tensors.calls(places, network.calls()));
  }

  private Built build(int id, Place place, List<Integer> above) {
    Info info = place.info();
    ImmutableList<Call> calls = place.calls();
    List<Integer> within = inside.within(id, above);
    List<TensorRef> read =
        info.isModel()
            ? calls.stream().flatMap(c -> c.border().inputs().stream()).toList()
            : List.of();
    Network network =
        new Network(
            within,
            place.scopes(),
            calls.size(),
            info.className().equals("Sequential"),
            Network.input(calls.size(), read));
    Tree tree = build(network, ImmutableList.<Integer>builder().addAll(above).add(id).build());
    List<Variable> held = infos.held(id, within);
    String type = info.className();
    if (type.isEmpty()) {
      Set<String> ops = new HashSet<>();
      place.scopes().forEach(scope -> ops.addAll(tensors.ops(scope)));
      type = LayerClass.of(info.name(), held, ops, !tree.layers().isEmpty());
    }
    Layer layer =
        Layer.builder(info.name().isEmpty() ? "layer_" + id : info.name(), type)
            .children(tree.layers())
            .variables(Lists.transform(held, Variable::name))
            .config(info.config())
            .behaviour(LayerBehaviour.of(type, info, held))
            .build();
    boolean acts = !actsThroughLayers(info, within, tree.layers());
    if (acts) {
      LayerPlace there = new LayerPlace(layer.name(), tensors.graph(), calls);
      layer =
          layer.toBuilder()
              .training(training.of(id, there))
              .onGpu(training.onGpu(id, there))
              .build();
    }
    boolean silent = acts && calls.isEmpty() && training.differs(id);
    return new Built(new Placed(layer, info, calls), tree, silent);
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
              || actsThroughLayers(
                  infos.of(within.get(i)), inside.of(within.get(i)), child.children());
    }
    return all;
  }

  /** {@code built} with what it reads and gives, the layers before it being {@code placed}. */
  private Placed withTensors(Placed built, Network network, Map<String, Placed> placed) {
    List<TensorRef> inputs = new ArrayList<>();
    List<TensorRef> outputs = new ArrayList<>();
    for (Call call : built.calls()) {
      inputs.addAll(call.border().inputs());
      outputs.addAll(call.border().outputs());
    }
    Layer layer = built.layer();
    if (built.calls().isEmpty() && built.info().className().equals("InputLayer")) {
      outputs.addAll(network.input().map(List::of).orElse(tensors.input(layer.name())));
    } else if (built.calls().isEmpty()) { // it hands on what it gets, like a linear activation
      for (ImmutableList<Inbound> call : built.info().calls()) {
        Placed from = call.size() == 1 ? placed.get(call.get(0).layer()) : null;
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
    return new Placed(
        layer.toBuilder().tensors(inputs, outputs, shape).build(), built.info(), built.calls());
  }

  /**
   * The scopes under which the outermost layers stand: that of the model's own name, or wherever
   * the layers' variables are read.
   */
  private List<String> rootScopes(List<Integer> top) {
    String name =
        inside.isLayer(ObjectGraph.ROOT)
            ? LayerScopes.scopeName(infos.of(ObjectGraph.ROOT).name()) + "/"
            : "";
    Map<String, Integer> votes = new LinkedHashMap<>();
    votes.put("", 0);
    if (tensors.has(name)) {
      votes.put(name, 1);
    }
    for (int id : top) {
      String layer = LayerScopes.scopeName(infos.of(id).name());
      for (String reader : infos.readers(id, tensors)) {
        int at = reader.startsWith(layer + "/") ? 0 : reader.indexOf("/" + layer + "/") + 1;
        if (at > 0 || reader.startsWith(layer + "/")) {
          votes.merge(reader.substring(0, at), 1, Integer::sum);
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
