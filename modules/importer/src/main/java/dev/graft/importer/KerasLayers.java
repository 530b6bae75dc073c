package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.importer.KerasMetadata.Inbound;
import dev.graft.importer.KerasMetadata.Info;
import dev.graft.model.Layer;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * The layer tree of a SavedModel of Keras 2, from its object graph: an object for each layer, with
 * the layers inside it listed under {@code keras_api/layers}.
 */
final class KerasLayers {

  private static final Set<String> NO_LAYERS =
      Set.of("signatures", "keras_api", "optimizer", "variables", "trainable_variables");
  private static final int MAX_DEPTH = 60; // models within models, far more than anybody writes

  private final ObjectGraph objects;
  private final KerasMetadata metadata;
  private final LayerTensors tensors;
  private final Map<Integer, Variable> variables; // by object
  private final Map<Integer, Info> infos = new HashMap<>();
  private final Map<String, Layer> byName = new HashMap<>(); // finished, for those without nodes
  private final Iterator<String> unnamed; // inputs of the signature, for input layers without name

  KerasLayers(
      ObjectGraph objects,
      KerasMetadata metadata,
      LayerTensors tensors,
      Map<Integer, Variable> variables) {
    this.objects = objects;
    this.metadata = metadata;
    this.tensors = tensors;
    this.variables = variables;
    this.unnamed = tensors.inputs().keySet().iterator();
  }

  /** The outermost layers; empty if the model was not saved by Keras 2 with its layers. */
  List<Layer> layers() {
    if (objects.isEmpty()) {
      return List.of();
    }
    List<Integer> top =
        isLayer(ObjectGraph.ROOT) ? layersOf(ObjectGraph.ROOT) : outermost(ObjectGraph.ROOT);
    if (top.isEmpty() && isLayer(ObjectGraph.ROOT) && !weights(ObjectGraph.ROOT).isEmpty()) {
      top = List.of(ObjectGraph.ROOT);
    }
    List<String> scopes = rootScopes(top);
    return build(top, scopes, 0);
  }

  private boolean isLayer(int id) {
    SavedObject object = objects.object(id);
    String identifier = object.getUserObject().getIdentifier();
    return object.getKindCase() == KindCase.USER_OBJECT
        && identifier.startsWith("_tf_keras_")
        && !identifier.equals("_tf_keras_metric");
  }

  /** The layers directly inside layer {@code id}, in Keras' order. */
  private List<Integer> layersOf(int id) {
    List<Integer> inside = new ArrayList<>();
    objects
        .child(id, "keras_api")
        .ifPresent(
            api -> {
              for (int layer : objects.list(api, "layers")) {
                if (isLayer(layer) && layer != id) {
                  inside.add(layer);
                }
              }
            });
    if (inside.isEmpty()) {
      return outermost(id);
    }
    return inside;
  }

  /** The layers that object {@code id} holds itself or in lists and dictionaries. */
  private List<Integer> outermost(int id) {
    Set<Integer> found = new LinkedHashSet<>();
    Set<Integer> seen = new HashSet<>(Set.of(id));
    List<Integer> open = new ArrayList<>(List.of(id));
    while (!open.isEmpty()) {
      int at = open.remove(open.size() - 1);
      for (ObjectReference child : objects.children(at)) {
        if (NO_LAYERS.contains(child.getLocalName()) || !seen.add(child.getNodeId())) {
          continue;
        }
        if (isLayer(child.getNodeId())) {
          found.add(child.getNodeId());
        } else if (objects.object(child.getNodeId()).getKindCase() == KindCase.USER_OBJECT) {
          open.add(child.getNodeId());
        }
      }
    }
    return List.copyOf(found);
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

  private List<Layer> build(List<Integer> ids, List<String> parents, int depth) {
    Set<String> siblings = new HashSet<>();
    ids.forEach(id -> siblings.add(info(id).name()));
    List<Layer> layers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int id : ids) {
      Layer layer = build(id, parents, siblings, depth);
      String name = layer.name();
      for (int i = 1; !names.add(name); i++) {
        name = layer.name() + "_" + i;
      }
      layers.add(name.equals(layer.name()) ? layer : renamed(layer, name));
    }
    return layers;
  }

  static Layer renamed(Layer layer, String name) {
    return new Layer(
        name,
        layer.className(),
        layer.children(),
        layer.variables(),
        layer.inputs(),
        layer.outputs(),
        layer.outputShape(),
        layer.behaviour(),
        layer.training(),
        layer.config());
  }

  private Layer build(int id, List<String> parents, Set<String> siblings, int depth) {
    Info info = info(id);
    List<Integer> weights = weights(id);
    List<String> scopes = scopes(info, weights, parents, siblings);
    List<Integer> inside = depth < MAX_DEPTH ? layersOf(id) : List.of();
    List<Layer> children = build(inside, scopes, depth + 1);
    Set<Integer> own = new LinkedHashSet<>(weights);
    inside.forEach(child -> weights(child).forEach(own::remove));
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
      scopes.forEach(scope -> ops.addAll(tensors.ops(scope)));
      type = LayerClass.of(info.name(), held, ops, !children.isEmpty());
    }
    Layer layer =
        Layer.of(info.name().isEmpty() ? "layer_" + id : info.name(), type)
            .withChildren(children)
            .withVariables(Lists.transform(held, Variable::name))
            .withConfig(info.config());
    layer = withTensors(layer, info, scopes);
    if (depth == 0) {
      byName.put(layer.name(), layer);
    }
    return layer;
  }

  private Layer withTensors(Layer layer, Info info, List<String> scopes) {
    List<TensorRef> inputs = new ArrayList<>();
    List<TensorRef> outputs = new ArrayList<>();
    for (String scope : scopes) {
      LayerTensors.Border border = tensors.border(tensors.under(scope));
      inputs.addAll(border.inputs());
      outputs.addAll(border.outputs());
    }
    if (scopes.isEmpty() && info.className().equals("InputLayer")) {
      outputs.addAll(tensors.input(layer.name()));
    } else if (scopes.isEmpty()) { // it hands on what it gets, like a linear activation
      for (ImmutableList<Inbound> call : info.calls()) {
        for (Inbound inbound : call) {
          Layer from = byName.get(inbound.layer());
          if (from != null && inbound.output() < from.outputs().size() && call.size() == 1) {
            inputs.add(from.outputs().get(inbound.output()));
            outputs.add(from.outputs().get(inbound.output()));
          }
        }
      }
    }
    Shape shape = outputs.isEmpty() ? Shape.unknown() : tensors.shape(outputs.get(0));
    return layer.withTensors(inputs, outputs, shape);
  }

  /** The scopes of the layer's calls: {@code parent/name/}, and with a number for further calls. */
  private List<String> scopes(
      Info info, List<Integer> weights, List<String> parents, Set<String> siblings) {
    Set<String> scopes = new LinkedHashSet<>();
    String name = scopeName(info.name());
    for (String parent : parents) {
      String first = parent + name + "/";
      if (tensors.has(first)) {
        scopes.add(first);
      }
      for (int weight : weights) {
        for (String reader : readers(weight)) {
          String scope = callScope(parent, name, reader);
          if (scope != null) {
            scopes.add(scope);
          }
        }
      }
      int missing = info.calls().size() - scopes.size();
      for (int i = 1; missing > 0 && weights.isEmpty() && i < 50; i++) {
        String further = parent + name + "_" + i + "/";
        if (!siblings.contains(info.name() + "_" + i) && tensors.has(further)) {
          scopes.add(further);
          missing--;
        }
      }
    }
    return List.copyOf(scopes);
  }

  private static @Nullable String callScope(String parent, String name, String reader) {
    if (!reader.startsWith(parent + name)) {
      return null;
    }
    int end = reader.indexOf('/', parent.length() + name.length());
    if (end < 0) {
      return null;
    }
    for (int i = parent.length() + name.length(); i < end; i++) {
      char c = reader.charAt(i);
      if (c != '_' && (c < '0' || c > '9')) {
        return null;
      }
    }
    return reader.substring(0, end + 1);
  }

  /**
   * Keras makes a scope's name from a layer's by putting underscores where TensorFlow wants them.
   */
  private static String scopeName(String layer) {
    StringBuilder scope = new StringBuilder(layer);
    for (int i = 0; i < layer.length(); i++) {
      char c = layer.charAt(i);
      boolean legal =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || "_.-/".indexOf(c) >= 0;
      if (!legal) {
        scope.setCharAt(i, '_');
      }
    }
    return scope.toString();
  }

  /**
   * The scopes under which the outermost layers stand: that of the model's own name, or wherever
   * the layers' variables are read.
   */
  private List<String> rootScopes(List<Integer> top) {
    String name = isLayer(ObjectGraph.ROOT) ? scopeName(info(ObjectGraph.ROOT).name()) + "/" : "";
    Map<String, Integer> votes = new LinkedHashMap<>();
    votes.put("", 0);
    if (tensors.has(name)) {
      votes.put(name, 1);
    }
    for (int id : top) {
      String layer = scopeName(info(id).name());
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
