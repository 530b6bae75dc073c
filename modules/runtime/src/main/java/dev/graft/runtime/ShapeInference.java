package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphGetTensorNumDims;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphGetTensorShape;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationNumOutputs;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationOutputType;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.Map;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** What TensorFlow's shape inference knows of every tensor of a graph before it runs. */
@Internal
public final class ShapeInference {

  private record Known(DataType dtype, Shape shape) {}

  private final ImmutableMap<TensorRef, Known> known;

  private ShapeInference(ImmutableMap<TensorRef, Known> known) {
    this.known = known;
  }

  /**
   * Infers the shapes of all tensors of {@code graph}.
   *
   * @throws TensorFlowException if shapes or dtypes do not fit together; it names the node
   */
  public static ShapeInference of(Graph graph) {
    ImmutableMap.Builder<TensorRef, Known> known = ImmutableMap.builder();
    TF_Output at = NativeMemory.outputs(1);
    try (NativeGraph native_ = NativeGraph.of(graph.toGraphDef());
        Status status = new Status()) {
      for (NodeDef node : graph.nodes()) {
        TF_Operation operation = native_.operation(node.getName());
        for (int i = 0; i < TF_OperationNumOutputs(operation); i++) {
          at.oper(operation).index(i);
          DataType dtype = DataType.forNumber(TF_OperationOutputType(at) % 100);
          known.put(new TensorRef(node.getName(), i), new Known(dtype, shape(native_, at, status)));
        }
      }
    } finally {
      NativeMemory.free(at);
    }
    return new ShapeInference(known.buildOrThrow());
  }

  private static Shape shape(NativeGraph graph, TF_Output at, Status status) {
    int rank = TF_GraphGetTensorNumDims(graph.handle(), at, status.handle());
    status.check("a shape cannot be read");
    if (rank < 0) {
      return Shape.unknown();
    }
    long[] dims = new long[rank];
    TF_GraphGetTensorShape(graph.handle(), at, dims, rank, status.handle());
    status.check("a shape cannot be read");
    return Shape.of(dims);
  }

  /** The shape of {@code tensor} as far as it is known. */
  public Shape shape(TensorRef tensor) {
    return known(tensor).shape();
  }

  /** The dtype of {@code tensor}; a TF1 reference counts as what it refers to. */
  public DataType dtype(TensorRef tensor) {
    return known(tensor).dtype();
  }

  private Known known(TensorRef tensor) {
    Known found = known.get(tensor);
    if (found == null) {
      throw new BadRequestException("the graph has no tensor '" + tensor + "'.");
    }
    return found;
  }

  /** Every tensor with its shape, in the order of the graph's nodes. */
  public Map<TensorRef, Shape> shapes() {
    ImmutableMap.Builder<TensorRef, Shape> all = ImmutableMap.builder();
    known.forEach((tensor, what) -> all.put(tensor, what.shape()));
    return all.buildOrThrow();
  }
}
