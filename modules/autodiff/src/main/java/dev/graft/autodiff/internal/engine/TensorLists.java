package dev.graft.autodiff.internal.engine;

import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Small expressions over lists of tensors, for their rules and for loops. */
public final class TensorLists {

  public static final String ELEMENT = "element_dtype";

  private TensorLists() {}

  /** A list as long as {@code list} in which nothing is set. */
  public static TensorRef emptyLike(TensorRef list, DataType element, Ops t) {
    return t.op("TensorListReserve")
        .input(t.integer(-1))
        .input(t.call("TensorListLength", list))
        .attr(ELEMENT, element)
        .output();
  }

  /** Element {@code index} of a list; zeros of {@code shape} if it is not set. */
  public static TensorRef element(
      TensorRef list, TensorRef index, TensorRef shape, DataType element, Ops t) {
    return t.op("TensorListGetItem")
        .input(list)
        .input(index)
        .input(shape)
        .attr(ELEMENT, element)
        .output();
  }

  /** The rows of {@code tensor} as a list. */
  public static TensorRef fromTensor(TensorRef tensor, Ops t) {
    return t.call("TensorListFromTensor", tensor, t.elements(t.shape(tensor), 1, 0));
  }

  /**
   * The dtype of the elements of the list that node {@code list} gives, as the ops tell that use
   * it; invalid if none does.
   */
  public static DataType elementType(Graph graph, String list) {
    for (String user : graph.consumers(list)) {
      NodeDef node = graph.node(user);
      if (node.getOp().startsWith("TensorList") && node.containsAttr(ELEMENT)) {
        return node.getAttrOrThrow(ELEMENT).getType();
      }
      if (node.getOp().equals("Identity")) {
        DataType found = elementType(graph, user);
        if (found != DataType.DT_INVALID) {
          return found;
        }
      }
    }
    return DataType.DT_INVALID;
  }
}
