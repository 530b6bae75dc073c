package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * The layer tree of a SavedModel that does not list its layers (Keras 3, TF1, TF Hub), from the
 * names of nodes and variables: a name scope that reads the variables {@code dense/kernel} and
 * {@code dense/bias} is the layer {@code dense}.
 */
public final class ScopeLayers {

  private static final int MAX_DEPTH = 12;

  private final String modelName;
  private final LayerTensors tensors;
  private final List<Variable> variables;

  public ScopeLayers(String modelName, LayerTensors tensors, List<Variable> variables) {
    this.modelName = modelName;
    this.tensors = tensors;
    this.variables = variables;
  }

  /** A name scope: what is in it, directly and further down. */
  private static final class Scope {
    final String path; // ends with a slash; empty for the whole graph
    final Map<String, Scope> inside = new LinkedHashMap<>();
    final List<String> nodes = new ArrayList<>();
    final List<String> ops = new ArrayList<>();
    final Set<Variable> variables = new LinkedHashSet<>();

    Scope(String path) {
      this.path = path;
    }

    String name() {
      return last(path.substring(0, Math.max(0, path.length() - 1)));
    }
  }

  private static String parent(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? "" : name.substring(0, slash);
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The outermost layers. */
  public List<Layer> layers() {
    Scope root = descend(scopes());
    List<Layer> layers = new ArrayList<>();
    for (Map.Entry<String, TensorSpec> input : tensors.inputs().entrySet()) {
      layers.add(
          Layer.builder(input.getKey(), "InputLayer")
              .tensors(List.of(), List.of(input.getValue().tensor()), input.getValue().shape())
              .build());
    }
    layers.addAll(children(root, 0));
    return unique(withRest(layers));
  }

  /** The tree of all scopes with the variables that are read in each. */
  private Scope scopes() {
    Map<String, List<Variable>> read = new HashMap<>();
    for (Variable variable : variables) {
      for (String reader : tensors.readers(variable.node())) {
        read.computeIfAbsent(reader, k -> new ArrayList<>()).add(variable);
      }
    }
    Scope root = new Scope("");
    for (NodeDef node : tensors.nodes()) {
      List<Variable> here = read.getOrDefault(node.getName(), List.of());
      if (node.getInputCount() == 0 && node.getOp().endsWith("HandleOp")) {
        continue;
      }
      Scope at = root;
      at.variables.addAll(here);
      String name = node.getName();
      int depth = 0;
      for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
        String path = name.substring(0, slash + 1);
        at = at.inside.computeIfAbsent(path, Scope::new);
        at.variables.addAll(here);
        at.ops.add(node.getOp());
        if (++depth > MAX_DEPTH) {
          break;
        }
      }
      at.nodes.add(name);
    }
    return root;
  }

  /** The scope that holds all layers: the only one with variables, over and over. */
  private Scope descend(Scope root) {
    Scope at = root;
    while (true) {
      List<Scope> reading =
          at.inside.values().stream().filter(scope -> !scope.variables.isEmpty()).toList();
      if (reading.size() != 1 || reading.get(0).inside.isEmpty()) {
        return at;
      }
      String name = KerasClasses.withoutNumber(reading.get(0).name());
      if (isLayer(reading.get(0)) || !KerasClasses.guess(name).isEmpty()) {
        return at;
      }
      at = reading.get(0);
    }
  }

  /** Whether a scope bears the name of a layer to which one of its variables belongs. */
  private static boolean isLayer(Scope scope) {
    for (Variable variable : scope.variables) {
      if (isNumbered(scope.name(), last(parent(variable.name())))) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code scope} is {@code layer}, maybe with numbers behind it. */
  private static boolean isNumbered(String scope, String layer) {
    return !layer.isEmpty() && scope.startsWith(layer) && onlyNumbers(scope, layer.length());
  }

  /** The part of a variable's name that names {@code scope}; empty if none does. */
  private static String nameIn(String variable, String scope) {
    for (String path = parent(variable); !path.isEmpty(); path = parent(path)) {
      if (isNumbered(scope, last(path))) {
        return last(path);
      }
    }
    return "";
  }

  private static boolean onlyNumbers(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '_' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }

  private List<Layer> children(Scope parent, int depth) {
    boolean renumbered = renumbered(parent);
    Map<String, List<Scope>> byLayer = new LinkedHashMap<>(); // the calls of one layer together
    for (Scope scope : parent.inside.values()) {
      boolean plain = scope.variables.isEmpty();
      if (depth > 0 && plain && KerasClasses.guess(scope.name()).isEmpty()) {
        continue; // an op with a scope of its own
      }
      String key = plain ? scope.path : scope.variables.toString();
      byLayer.computeIfAbsent(key, k -> new ArrayList<>()).add(scope);
    }
    List<Layer> layers = new ArrayList<>();
    for (List<Scope> calls : byLayer.values()) {
      layers.add(layer(calls, renumbered, depth));
    }
    return layers;
  }

  /** Whether Keras 3 has put a number behind the names of all layers, as it does on export. */
  private boolean renumbered(Scope parent) {
    int with = 0;
    int without = 0;
    for (Scope scope : parent.inside.values()) {
      for (Variable variable : scope.variables) {
        String layer = nameIn(variable.name(), scope.name());
        if (!layer.isEmpty()) {
          with += layer.equals(scope.name()) ? 0 : 1;
          without += layer.equals(scope.name()) ? 1 : 0;
        }
      }
    }
    return with > without;
  }

  private Layer layer(List<Scope> calls, boolean renumbered, int depth) {
    Scope first = calls.get(0);
    List<Scope> reading =
        first.inside.values().stream().filter(scope -> !scope.variables.isEmpty()).toList();
    boolean nested =
        depth < MAX_DEPTH
            && !isLayer(first)
            && reading.stream().anyMatch(ScopeLayers::isLayerOrHolds);
    List<Layer> children = nested ? unique(children(first, depth + 1)) : List.of();
    Set<String> own = new LinkedHashSet<>();
    for (Variable variable : variables) {
      if (first.variables.contains(variable)) {
        own.add(variable.name());
      }
    }
    children.forEach(child -> child.walk().forEach(inner -> own.removeAll(inner.variables())));
    List<TensorRef> inputs = new ArrayList<>();
    List<TensorRef> outputs = new ArrayList<>();
    for (Scope call : calls) {
      LayerTensors.Border border = tensors.border(tensors.named(call.path));
      inputs.addAll(border.inputs());
      outputs.addAll(border.outputs());
    }
    String name = name(first, own, renumbered);
    Shape shape = outputs.isEmpty() ? Shape.unknown() : tensors.shape(outputs.get(0));
    return Layer.builder(name, LayerClass.of(name, first.variables, first.ops, !children.isEmpty()))
        .children(children)
        .variables(own)
        .tensors(inputs, outputs, shape)
        .build();
  }

  private static boolean isLayerOrHolds(Scope scope) {
    return isLayer(scope)
        || scope.inside.values().stream()
            .anyMatch(inner -> !inner.variables.isEmpty() && isLayerOrHolds(inner));
  }

  private String name(Scope scope, Set<String> own, boolean renumbered) {
    String name = scope.name();
    for (String variable : own) {
      String layer = nameIn(variable, name);
      if (!layer.isEmpty()) {
        return layer;
      }
    }
    return renumbered ? KerasClasses.withoutNumber(name) : name;
  }

  /**
   * These layers with the variables that no scope reads: each goes to the layer of its name, or to
   * a new one at the end.
   */
  private List<Layer> withRest(List<Layer> layers) {
    Set<String> covered = new LinkedHashSet<>();
    layers.stream().flatMap(Layer::walk).forEach(layer -> covered.addAll(layer.variables()));
    Map<String, List<Variable>> rest = new LinkedHashMap<>();
    for (Variable variable : variables) {
      if (!covered.contains(variable.name())) {
        String layer = parent(variable.name());
        rest.computeIfAbsent(layer.isEmpty() ? modelName : layer, k -> new ArrayList<>())
            .add(variable);
      }
    }
    List<Layer> all = new ArrayList<>();
    for (Layer layer : layers) {
      List<Variable> more = rest.remove(layer.name());
      List<String> names = new ArrayList<>(layer.variables());
      if (more != null) {
        more.forEach(variable -> names.add(variable.name()));
      }
      all.add(more == null ? layer : layer.toBuilder().variables(names).build());
    }
    rest.forEach(
        (name, own) -> {
          if (own.stream().anyMatch(variable -> variable.role() != Variable.Role.STATE)) {
            all.add(
                Layer.builder(name, LayerClass.of(name, own, List.of(), false))
                    .variables(Lists.transform(own, Variable::name))
                    .build());
          }
        });
    return all;
  }

  private static List<Layer> unique(List<Layer> layers) {
    Names names = Names.none();
    ImmutableList.Builder<Layer> unique = ImmutableList.builder();
    for (Layer layer : layers) {
      unique.add(layer.toBuilder().name(names.take(layer.name())).build());
    }
    return unique.build();
  }
}
