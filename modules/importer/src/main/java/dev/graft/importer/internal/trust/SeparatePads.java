package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import dev.graft.graph.Names;
import dev.graft.graph.Nodes;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * Writes {@code Pad} as {@code PadV2} with zeros, which is the same kernel, unless its paddings are
 * a constant for pictures. TensorFlow makes one kernel of a {@code Pad} and the convolution behind
 * it that reads eight numbers, however many there are; of a {@code PadV2} it does not.
 */
public final class SeparatePads {

  private static final Shape OF_PICTURES = Shape.of(4, 2);

  private SeparatePads() {}

  /** Returns {@code graph} with such pads, in its nodes and its functions. */
  public static GraphDef of(GraphDef graph) {
    GraphDef.Builder separate = graph.toBuilder();
    separate(separate.getNodeBuilderList(), true, separate::addNode);
    for (FunctionDef.Builder each : separate.getLibraryBuilder().getFunctionBuilderList()) {
      separate(each.getNodeDefBuilderList(), false, each::addNodeDef);
    }
    return separate.build();
  }

  private static void separate(
      List<NodeDef.Builder> nodes, boolean inGraph, Consumer<NodeDef> addition) {
    List<NodeDef.Builder> pads = nodes.stream().filter(node -> node.getOp().equals("Pad")).toList();
    Map<String, NodeDef.Builder> known = new HashMap<>();
    if (!pads.isEmpty()) {
      nodes.forEach(node -> known.put(node.getName(), node));
    }
    for (NodeDef.Builder pad : pads) {
      if (pad.getInputCount() < 2
          || Nodes.isControl(pad.getInput(1))
          || HeldShapes.ofConstant(known.get(JudgedScope.node(pad.getInput(1))))
              .equals(OF_PICTURES)) {
        continue;
      }
      List<String> reads = new ArrayList<>(pad.getInputList());
      reads.add(2, zero(pad, inGraph, known, addition));
      pad.setOp("PadV2").clearInput().addAllInput(reads);
    }
  }

  /** Adds a zero of the type of {@code pad}; returns it as an input. */
  private static String zero(
      NodeDef.Builder pad,
      boolean inGraph,
      Map<String, NodeDef.Builder> known,
      Consumer<NodeDef> addition) {
    AttrValue type = pad.getAttrOrDefault("T", AttrValue.getDefaultInstance());
    boolean open = type.hasPlaceholder(); // in a function whose callers say of which type it is
    DataType dtype = open ? DataType.DT_INT32 : type.getType();
    TensorProto value =
        TensorProto.newBuilder()
            .setDtype(dtype)
            .setTensorShape(TensorShapeProto.getDefaultInstance())
            .build(); // TensorFlow takes what is not there for 0
    NodeDef.Builder zero =
        start(pad, "zero", "Const", known)
            .putAttr("dtype", Attrs.of(dtype))
            .putAttr("value", Attrs.of(value));
    if (inGraph) { // in a loop a constant is of that loop only so
      zero.addInput("^" + Nodes.producer(pad.getInput(0)));
    }
    addition.accept(zero.build());
    String output = inGraph ? zero.getName() : zero.getName() + ":output:0";
    if (!open) {
      return output;
    }
    NodeDef.Builder cast =
        start(pad, "cast", "Cast", known)
            .addInput(output)
            .putAttr("SrcT", Attrs.of(dtype))
            .putAttr("DstT", type);
    addition.accept(cast.build());
    return inGraph ? cast.getName() : cast.getName() + ":y:0";
  }

  private static NodeDef.Builder start(
      NodeDef.Builder pad, String part, String op, Map<String, NodeDef.Builder> known) {
    String name = Names.free(pad.getName() + "/" + part, known::containsKey);
    NodeDef.Builder node = NodeDef.newBuilder().setName(name).setOp(op).setDevice(pad.getDevice());
    known.put(name, node);
    return node;
  }
}
