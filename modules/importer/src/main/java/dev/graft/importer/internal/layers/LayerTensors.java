package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Where layers begin and end in the graph of one signature. A layer's nodes stand under its name
 * scope; its inputs are the tensors that enter the scope, its outputs those that leave it.
 */
public final class LayerTensors {

  private static final String SHAPES = "_output_shapes";

  private final Graph graph;
  private final Signature signature;
  private final NavigableMap<String, Integer> order = new TreeMap<>(); // node to place in the file
  private final Set<TensorRef> fetched = new HashSet<>();

  public LayerTensors(Graph graph, Signature signature) {
    this.graph = graph;
    this.signature = signature;
    Set<String> roots = new LinkedHashSet<>();
    for (TensorSpec output : signature.outputs().values()) {
      roots.add(output.tensor().node());
      fetched.add(output.tensor());
    }
    Set<String> upstream = graph.upstream(roots);
    int place = 0;
    for (NodeDef node : graph.nodes()) {
      if (upstream.contains(node.getName())) {
        order.put(node.getName(), place++);
      }
    }
  }

  /** The same of {@code other}, which has the signature, too. */
  LayerTensors of(Graph other) {
    return new LayerTensors(other, signature);
  }

  /** The graph. */
  Graph graph() {
    return graph;
  }

  /** The tensors that cross the border of a scope. */
  record Border(ImmutableList<TensorRef> inputs, ImmutableList<TensorRef> outputs) {}

  /**
   * One call of a layer.
   *
   * @param scope the scope of its nodes, ending with a slash; calls may share it
   * @param nodes its nodes in file order
   * @param border what enters and leaves it
   */
  record Call(String scope, ImmutableList<String> nodes, Border border) {}

  /**
   * The calls of a layer whose nodes stand under {@code scopes}. A shared layer may have the nodes
   * of several calls under one scope, {@code MatMul} of the first and {@code MatMul_1} of the
   * second: what was traced together stands together in the file.
   *
   * @param expected how many calls there should be, if a scope has to be parted for it
   */
  ImmutableList<Call> calls(List<String> scopes, int expected) {
    ImmutableList.Builder<Call> calls = ImmutableList.builder();
    boolean parted = !scopes.isEmpty() && expected % scopes.size() == 0;
    for (String scope : scopes) {
      for (List<String> part : part(scope, parted ? expected / scopes.size() : 1)) {
        calls.add(new Call(scope, ImmutableList.copyOf(part), border(part)));
      }
    }
    return calls.build();
  }

  /** The nodes under {@code scope} in {@code parts} of the same ops; in one if that fails. */
  private List<List<String>> part(String scope, int parts) {
    List<String> names = new ArrayList<>(under(scope));
    names.sort(Comparator.comparing(order::get));
    if (parts < 2 || names.size() % parts != 0) {
      return List.of(names);
    }
    List<List<String>> split = Lists.partition(names, names.size() / parts);
    for (List<String> part : split) {
      if (!Lists.transform(part, this::op).equals(Lists.transform(split.get(0), this::op))) {
        return List.of(names);
      }
    }
    return split;
  }

  private String op(String node) {
    return graph.node(node).getOp();
  }

  /** The nodes of the signature under {@code scope} (which ends with a slash), by name. */
  NavigableSet<String> under(String scope) {
    return order.subMap(scope, true, scope + Character.MAX_VALUE, false).navigableKeySet();
  }

  /**
   * The nodes under {@code scope}, and the one that is called as the scope itself: an op without a
   * layer puts what belongs to it, such as the read of its variable, under its own name.
   */
  Set<String> named(String scope) {
    Set<String> nodes = new HashSet<>(under(scope));
    String own = scope.substring(0, Math.max(0, scope.length() - 1));
    if (order.containsKey(own)) {
      nodes.add(own);
    }
    return nodes;
  }

  /** The ops of the signature's nodes under {@code scope}. */
  Set<String> ops(String scope) {
    Set<String> ops = new HashSet<>();
    under(scope).forEach(name -> ops.add(graph.node(name).getOp()));
    return ops;
  }

  /** Whether the signature has nodes under {@code scope}. */
  boolean has(String scope) {
    String first = order.ceilingKey(scope);
    return first != null && first.startsWith(scope);
  }

  /** All nodes of the signature in file order. */
  List<NodeDef> nodes() {
    List<NodeDef> nodes = new ArrayList<>();
    for (NodeDef node : graph.nodes()) {
      if (order.containsKey(node.getName())) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /** The nodes of the signature that read the variable held by {@code holder}. */
  List<String> readers(String holder) {
    List<String> readers = new ArrayList<>();
    for (String reader : graph.consumers(holder)) {
      if (order.containsKey(reader)) {
        readers.add(reader);
      }
    }
    return readers;
  }

  /** The border of the scope whose nodes are {@code inside}. */
  Border border(Collection<String> inside) {
    Set<String> nodes = inside instanceof Set<String> set ? set : new HashSet<>(inside);
    NavigableSet<Placed> placed = new TreeSet<>();
    nodes.forEach(name -> placed.add(new Placed(order.getOrDefault(name, 0), name)));
    Set<TensorRef> inputs = new LinkedHashSet<>();
    Set<TensorRef> outputs = new LinkedHashSet<>();
    Set<TensorRef> masks = new LinkedHashSet<>();
    for (Placed each : placed) {
      for (TensorRef input : Nodes.dataInputs(graph.node(each.name()))) {
        if (!nodes.contains(input.node()) && isData(input)) {
          inputs.add(input);
        }
      }
      for (TensorRef output : leaving(each.name(), nodes)) {
        DataType dtype = graph.dtype(output);
        if (dtype == DataType.DT_BOOL) {
          masks.add(output);
        } else if (dtype != DataType.DT_RESOURCE) {
          outputs.add(output);
        }
      }
    }
    outputs.addAll(masks);
    return new Border(ImmutableList.copyOf(inputs), ImmutableList.copyOf(outputs));
  }

  private record Placed(int place, String name) implements Comparable<Placed> {
    @Override
    public int compareTo(Placed other) {
      return Integer.compare(place, other.place);
    }
  }

  private Set<TensorRef> leaving(String node, Set<String> inside) {
    Set<TensorRef> leaving = new TreeSet<>();
    for (String consumer : graph.consumers(node)) {
      if (!inside.contains(consumer) && order.containsKey(consumer)) {
        for (TensorRef input : Nodes.dataInputs(graph.node(consumer))) {
          if (input.node().equals(node)) {
            leaving.add(input);
          }
        }
      }
    }
    for (TensorRef tensor : fetched) {
      if (tensor.node().equals(node)) {
        leaving.add(tensor);
      }
    }
    return leaving;
  }

  /** Whether a tensor carries data of a call: no variable, no constant. */
  private boolean isData(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    return switch (node.getOp()) {
      case "Const", "VarHandleOp", "ReadVariableOp", "VariableV2", "Variable" -> false;
      case "Identity" -> !node.getName().endsWith("/read") || isData(Nodes.dataInput(node, 0));
      default -> graph.dtype(tensor) != DataType.DT_RESOURCE;
    };
  }

  /** The placeholder that the signature feeds as {@code name}, if it does. */
  List<TensorRef> input(String name) {
    TensorSpec spec = signature.inputs().get(name);
    return spec == null ? List.of() : List.of(spec.tensor());
  }

  /** The signature's inputs. */
  Map<String, TensorSpec> inputs() {
    return signature.inputs();
  }

  /** The shape of {@code tensor} as the writer noted it, of unknown rank if it did not. */
  Shape shape(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    AttrValue shapes = node.getAttrMap().get(SHAPES);
    if (shapes != null && tensor.index() < shapes.getList().getShapeCount()) {
      return Shape.from(shapes.getList().getShape(tensor.index()));
    }
    for (TensorSpec spec : signature.inputs().values()) {
      if (spec.tensor().equals(tensor)) {
        return spec.shape();
      }
    }
    return Shape.unknown();
  }
}
