package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.tensorflow.proto.DataType;
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
    return AddedNodes.in(graph, OP, BoundedBoxes::bound);
  }

  private static void bound(NodeDef.Builder node, AddedNodes within) {
    if (node.getInputCount() <= BOXES || isBounded(node, within)) {
      return;
    }
    NodeChain chain = within.chain(node, node.getName() + "/bounded", node.getInput(BOXES));
    node.setInput(BOXES, end(chain));
    within.add(chain);
  }

  /** Whether it reads such a bound already: that of a model that Graft wrote. */
  private static boolean isBounded(NodeDefOrBuilder node, AddedNodes within) {
    String input = node.getInput(BOXES);
    String name = JudgedScope.node(input);
    NodeDef size = within.find(name + "/size");
    if (size == null || size.getInputCount() == 0) {
      return false;
    }
    NodeChain chain = within.named(node, name, size.getInput(0));
    return end(chain).equals(input) && within.has(chain);
  }

  /** Makes the nodes of a bound; returns what the op is to read. */
  private static String end(NodeChain chain) {
    String size = add(chain, "size", "Abs", "y", chain.from());
    String most = constant(chain, "most", MOST);
    String within = add(chain, "within", "LessEqual", "z", size, most);
    String none = constant(chain, "none", 0);
    return add(chain, "", "SelectV2", "output", within, chain.from(), none);
  }

  private static String add(
      NodeChain chain, String part, String type, String output, String... inputs) {
    NodeDef.Builder node = chain.start(part, type).addAllInput(List.of(inputs));
    return chain.add(node.putAttr("T", Attrs.of(DataType.DT_FLOAT)), output);
  }

  private static String constant(NodeChain chain, String part, float value) {
    return chain.constant(part, TensorValue.scalar(value).toProto());
  }
}
