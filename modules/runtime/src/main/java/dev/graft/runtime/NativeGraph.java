package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteImportGraphDefOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphImportGraphDef;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphOperationByName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphToGraphDef;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBufferFromString;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewImportGraphDefOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationNumOutputs;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_ImportGraphDefOptions;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/** A graph on TensorFlow's side. */
final class NativeGraph implements AutoCloseable {

  static {
    NativeMemory.ready();
  }

  /** What a file said about shapes; surgery makes it stale, and TensorFlow would insist on it. */
  private static final String SHAPE_HINT = "_output_shapes";

  private final TF_Graph graph;

  NativeGraph() {
    this(TF_NewGraph());
  }

  NativeGraph(TF_Graph graph) {
    this.graph = graph;
  }

  /** A native copy of {@code def}. Fails if TensorFlow finds shapes or dtypes that do not fit. */
  static NativeGraph of(GraphDef def) {
    NativeGraph graph = new NativeGraph();
    try {
      graph.add(def);
      return graph;
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  TF_Graph handle() {
    return graph;
  }

  /** Adds the nodes and functions of {@code def}. */
  void add(GraphDef def) {
    TF_Buffer buffer = buffer(withoutShapeHints(def));
    TF_ImportGraphDefOptions options = TF_NewImportGraphDefOptions();
    try (Status status = new Status()) {
      TF_GraphImportGraphDef(graph, buffer, options, status.handle());
      status.check("the graph cannot be built");
    } finally {
      TF_DeleteImportGraphDefOptions(options);
      TF_DeleteBuffer(buffer);
    }
  }

  private static GraphDef withoutShapeHints(GraphDef def) {
    GraphDef.Builder copy = def.toBuilder().clearNode();
    for (NodeDef node : def.getNodeList()) {
      copy.addNode(
          node.containsAttr(SHAPE_HINT) ? node.toBuilder().removeAttr(SHAPE_HINT).build() : node);
    }
    return copy.build();
  }

  /** A native copy of a message's bytes. */
  static TF_Buffer buffer(MessageLite message) {
    int size = message.getSerializedSize();
    if (size < 0) {
      throw new BadModelException("the graph holds constants of more than 2 GiB together.");
    }
    BytePointer bytes = new BytePointer(Pointer.malloc(Math.max(1, size))).capacity(size);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes.asByteBuffer());
      message.writeTo(out);
      out.flush();
      return TF_NewBufferFromString(bytes, size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      Pointer.free(bytes);
    }
  }

  /** What is in {@code buffer}, as long as that is there. */
  static ByteBuffer bytes(TF_Buffer buffer) {
    long length = buffer.length();
    return length == 0
        ? ByteBuffer.allocate(0) // of no address
        : new BytePointer(buffer.data()).capacity(length).asByteBuffer();
  }

  /** TensorFlow's own form of the graph as it is now. */
  GraphDef toGraphDef() {
    TF_Buffer buffer = TF_NewBuffer();
    try (Status status = new Status()) {
      TF_GraphToGraphDef(graph, buffer, status.handle());
      status.check("the graph cannot be read back");
      return GraphDef.parseFrom(bytes(buffer));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow wrote a graph that is none", e);
    } finally {
      TF_DeleteBuffer(buffer);
    }
  }

  TF_Operation operation(String name) {
    TF_Operation operation = TF_GraphOperationByName(graph, name);
    if (operation == null) {
      throw new BadRequestException("the graph has no node '" + name + "'.");
    }
    return operation;
  }

  /** Resolves tensors to an array that the caller frees with {@link NativeMemory#free}. */
  TF_Output outputs(List<TensorRef> tensors) {
    TF_Output array = NativeMemory.outputs(tensors.size());
    try {
      for (int i = 0; i < tensors.size(); i++) {
        TensorRef tensor = tensors.get(i);
        TF_Operation operation = operation(tensor.node());
        int count = TF_OperationNumOutputs(operation);
        if (tensor.index() >= count) {
          throw new BadRequestException(
              "node '"
                  + tensor.node()
                  + "' has "
                  + count
                  + " outputs; there is no "
                  + tensor
                  + ".");
        }
        array.position(i).oper(operation).index(tensor.index());
      }
      return array.position(0);
    } catch (RuntimeException e) {
      NativeMemory.free(array);
      throw e;
    }
  }

  List<TF_Operation> operations(Collection<String> names) {
    return names.stream().map(this::operation).toList();
  }

  @Override
  public void close() {
    TF_DeleteGraph(graph);
  }
}
