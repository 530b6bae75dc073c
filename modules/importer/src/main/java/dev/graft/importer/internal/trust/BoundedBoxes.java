package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import dev.graft.graph.Names;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;

/**
 * Puts a bound before the boxes of {@code CropAndResize}, which models that find objects need. Its
 * kernel refuses boxes that are not finite, but not those that become so when they are multiplied
 * by the size of a picture, and takes the place of such a one for one of the picture; its gradient
 * looks at nothing. A number that is too large, or none, becomes 0; no other changes.
 */
public final class BoundedBoxes {

  static final String OP = "CropAndResize";

  private static final int BOXES = 1; // an input

  /** Outside of all pictures; by the largest side that a picture can have it is still finite. */
  private static final float MOST = 1e15f;

  private BoundedBoxes() {}

  /** Returns {@code graph} with such bounds, in its nodes and its functions. */
  public static GraphDef of(GraphDef graph) {
    GraphDef.Builder bounded = graph.toBuilder();
    bound(List.copyOf(bounded.getNodeBuilderList()), true, bounded::addNode);
    for (FunctionDef.Builder each : bounded.getLibraryBuilder().getFunctionBuilderList()) {
      bound(List.copyOf(each.getNodeDefBuilderList()), false, each::addNodeDef);
    }
    return bounded.build();
  }

  private static void bound(
      List<NodeDef.Builder> nodes, boolean inGraph, Consumer<NodeDef> addition) {
    Map<String, NodeDef> known = new HashMap<>();
    if (nodes.stream().anyMatch(node -> node.getOp().equals(OP))) {
      nodes.forEach(node -> known.put(node.getName(), node.build()));
    }
    for (NodeDef.Builder each : nodes) {
      if (!each.getOp().equals(OP)
          || each.getInputCount() <= BOXES
          || isBounded(each, inGraph, known)) {
        continue;
      }
      String name = Names.free(each.getName() + "/bounded", known::containsKey);
      Bound bound = new Bound(each, name, each.getInput(BOXES), inGraph);
      each.setInput(BOXES, bound.end);
      for (NodeDef node : bound.nodes) {
        known.put(node.getName(), node);
        addition.accept(node);
      }
    }
  }

  /** Whether it reads such a bound already, to the letter: that of a model that Graft wrote. */
  private static boolean isBounded(
      NodeDefOrBuilder node, boolean inGraph, Map<String, NodeDef> known) {
    String input = node.getInput(BOXES);
    String name = JudgedScope.node(input);
    NodeDef size = known.get(name + "/size");
    if (size == null || size.getInputCount() == 0) {
      return false;
    }
    Bound bound = new Bound(node, name, size.getInput(0), inGraph);
    return bound.end.equals(input)
        && bound.nodes.stream().allMatch(each -> each.equals(known.get(each.getName())));
  }

  /** The nodes of one bound. */
  private static final class Bound {

    final List<NodeDef> nodes = new ArrayList<>();
    final String end;
    private final NodeDefOrBuilder op;
    private final String name;
    private final String from;
    private final boolean inGraph;

    Bound(NodeDefOrBuilder op, String name, String from, boolean inGraph) {
      this.op = op;
      this.name = name;
      this.from = from;
      this.inGraph = inGraph;
      String size = add(name + "/size", "Abs", "y", from);
      String within = add(name + "/within", "LessEqual", "z", size, constant("most", MOST));
      end = add(name, "SelectV2", "output", within, from, constant("none", 0));
    }

    private String add(String called, String type, String output, String... inputs) {
      nodes.add(
          start(called, type)
              .addAllInput(List.of(inputs))
              .putAttr("T", Attrs.of(DataType.DT_FLOAT))
              .build());
      return inGraph ? called : called + ":" + output + ":0";
    }

    private String constant(String part, float value) {
      TensorValue scalar = TensorValue.of(Shape.scalar(), new float[] {value});
      NodeDef.Builder node =
          start(name + "/" + part, "Const")
              .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
              .putAttr("value", Attrs.of(scalar.toProto()));
      if (inGraph) {
        node.addInput("^" + JudgedScope.node(from)); // in a loop a constant is of that loop only so
      }
      nodes.add(node.build());
      return inGraph ? node.getName() : node.getName() + ":output:0";
    }

    private NodeDef.Builder start(String called, String type) {
      return NodeDef.newBuilder().setName(called).setOp(type).setDevice(op.getDevice());
    }
  }
}
