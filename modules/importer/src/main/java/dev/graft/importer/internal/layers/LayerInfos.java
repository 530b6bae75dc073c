package dev.graft.importer.internal.layers;

import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.model.Variable;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/** What is known of each layer object of Keras 2: its name, its class, its weights. */
final class LayerInfos {

  private final KerasNotes notes;
  private final ObjectGraph objects;
  private final Map<Integer, Variable> variables; // by object
  private final Iterator<String> unnamed; // inputs of the signature, for input layers without name
  private final Map<Integer, Info> infos = new HashMap<>();

  LayerInfos(KerasNotes notes, Map<Integer, Variable> variables, Set<String> inputs) {
    this.notes = notes;
    this.objects = notes.objects();
    this.variables = variables;
    this.unnamed = inputs.iterator();
  }

  /** What is known of layer {@code id}. */
  Info of(int id) {
    return infos.computeIfAbsent(
        id,
        i -> {
          Info info = notes.metadata().info(i);
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
    for (int weight : weights(id)) {
      String name = variables.containsKey(weight) ? variables.get(weight).name() : "";
      int slash = name.lastIndexOf('/');
      if (slash > 0) {
        return name.substring(name.lastIndexOf('/', slash - 1) + 1, slash);
      }
    }
    return "";
  }

  /** The variable objects of layer {@code id} and of those inside it. */
  List<Integer> weights(int id) {
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

  /** The variables of layer {@code id} that are not of one of the layers {@code within}. */
  List<Variable> held(int id, Collection<Integer> within) {
    Set<Integer> own = new LinkedHashSet<>(weights(id));
    within.forEach(child -> weights(child).forEach(own::remove));
    List<Variable> held = new ArrayList<>();
    for (int weight : own) {
      Variable known = variables.get(weight);
      if (known != null) {
        held.add(known);
      }
    }
    return held;
  }

  /** The nodes that read the weights of layer {@code id}. */
  List<String> readers(int id, LayerTensors tensors) {
    List<String> readers = new ArrayList<>();
    for (int weight : weights(id)) {
      Variable variable = variables.get(weight);
      if (variable != null) {
        readers.addAll(tensors.readers(variable.node()));
      }
    }
    return readers;
  }
}
