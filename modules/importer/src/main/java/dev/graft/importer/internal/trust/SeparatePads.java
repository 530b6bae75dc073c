package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import dev.graft.graph.Nodes;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
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
    return AddedNodes.in(graph, "Pad", SeparatePads::separate);
  }

  private static void separate(NodeDef.Builder pad, AddedNodes within) {
    if (pad.getInputCount() < 2
        || Nodes.isControl(pad.getInput(1))
        || HeldShapes.ofConstant(within.find(JudgedScope.node(pad.getInput(1))))
            .equals(OF_PICTURES)) {
      return;
    }
    List<String> reads = new ArrayList<>(pad.getInputList());
    reads.add(2, zero(pad, within));
    pad.setOp("PadV2").clearInput().addAllInput(reads);
  }

  /** Adds a zero of the type of {@code pad}; returns it as an input. */
  private static String zero(NodeDef.Builder pad, AddedNodes within) {
    AttrValue type = pad.getAttrOrDefault("T", AttrValue.getDefaultInstance());
    boolean open = type.hasPlaceholder(); // in a function whose callers say of which type it is
    DataType dtype = open ? DataType.DT_INT32 : type.getType();
    TensorProto value =
        TensorProto.newBuilder()
            .setDtype(dtype)
            .setTensorShape(TensorShapeProto.getDefaultInstance())
            .build(); // TensorFlow takes what is not there for 0
    NodeChain zero = within.chain(pad, pad.getName() + "/zero", pad.getInput(0));
    String output = zero.constant("", value);
    within.add(zero);
    if (!open) {
      return output;
    }
    NodeChain cast = within.chain(pad, pad.getName() + "/cast", output);
    NodeDef.Builder node =
        cast.start("", "Cast")
            .addInput(output)
            .putAttr("SrcT", Attrs.of(dtype))
            .putAttr("DstT", type);
    String typed = cast.add(node, "y");
    within.add(cast);
    return typed;
  }
}
