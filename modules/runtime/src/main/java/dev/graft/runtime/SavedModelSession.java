package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_LoadSessionFromSavedModel;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * A SavedModel as TensorFlow's own C++ loader opens it, for comparison: the graph as it is on disk,
 * restored and initialized by the ops that the file names.
 */
@Internal
public final class SavedModelSession implements AutoCloseable {

  private final GraphSession session;
  private final MetaGraphDef metaGraph;
  private final ImmutableMap<String, Signature> signatures;

  private SavedModelSession(GraphSession session, MetaGraphDef metaGraph) {
    this.session = session;
    this.metaGraph = metaGraph;
    ImmutableMap.Builder<String, Signature> all = ImmutableMap.builder();
    new TreeMap<>(metaGraph.getSignatureDefMap())
        .forEach(
            (name, def) -> {
              if (!name.startsWith("__")) { // such as __saved_model_init_op
                all.put(name, signature(name, def));
              }
            });
    this.signatures = all.buildOrThrow();
  }

  static SavedModelSession load(Handles handles, ConfigProto settings, Path dir, Set<String> tags) {
    NativeGraph graph = new NativeGraph();
    TF_Buffer metaGraph = TF_NewBuffer();
    List<BytePointer> names = new ArrayList<>();
    PointerPointer<BytePointer> array =
        new PointerPointer<>(
            Pointer.calloc(Math.max(1, tags.size()), Pointer.sizeof(Pointer.class)));
    boolean adopted = false;
    try (Status status = new Status()) {
      for (String tag : tags) {
        array.put(names.size(), cString(tag, names));
      }
      BytePointer path = cString(dir.toString(), names);
      TF_Session session =
          SessionConfig.with(
              settings,
              native_ ->
                  TF_LoadSessionFromSavedModel(
                      native_,
                      (TF_Buffer) null,
                      path,
                      array,
                      tags.size(),
                      graph.handle(),
                      metaGraph,
                      status.handle()));
      status.check("TensorFlow cannot load the SavedModel " + dir);
      adopted = true;
      NativeSession owned = NativeSession.adopt(handles, "SavedModel " + dir, graph, session);
      try {
        return new SavedModelSession(new GraphSession(owned), parse(metaGraph));
      } catch (RuntimeException e) {
        owned.close();
        throw e;
      }
    } finally {
      if (!adopted) {
        graph.close();
      }
      names.forEach(Pointer::free);
      Pointer.free(array);
      TF_DeleteBuffer(metaGraph);
    }
  }

  private static BytePointer cString(String text, List<BytePointer> owned) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    BytePointer pointer = new BytePointer(Pointer.calloc(bytes.length + 1L, 1));
    pointer.capacity(bytes.length + 1L);
    pointer.put(bytes);
    owned.add(pointer);
    return pointer;
  }

  private static MetaGraphDef parse(TF_Buffer buffer) {
    try {
      return MetaGraphDef.parseFrom(NativeGraph.bytes(buffer));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow gave a MetaGraphDef that is none", e);
    }
  }

  private static Signature signature(String name, SignatureDef def) {
    return new Signature(
        name,
        def.getMethodName(),
        specs(def.getInputsMap()),
        specs(def.getOutputsMap()),
        ImmutableList.of(),
        ImmutableMap.copyOf(Maps.transformValues(def.getDefaultsMap(), TensorValue::from)));
  }

  private static ImmutableMap<String, TensorSpec> specs(Map<String, TensorInfo> infos) {
    ImmutableMap.Builder<String, TensorSpec> specs = ImmutableMap.builder();
    new TreeMap<>(infos)
        .forEach(
            (name, info) -> {
              if (!info.getName().isEmpty()) { // composite and sparse tensors have none
                specs.put(
                    name,
                    new TensorSpec(
                        TensorRef.parse(info.getName()),
                        DType.of(info.getDtype()),
                        Shape.from(info.getTensorShape())));
              }
            });
    return specs.buildOrThrow();
  }

  /** The MetaGraphDef that was loaded. */
  public MetaGraphDef metaGraph() {
    return metaGraph;
  }

  /** The signatures by name, in alphabetical order; so are their inputs and outputs. */
  public ImmutableMap<String, Signature> signatures() {
    return signatures;
  }

  /** The session underneath. */
  public GraphSession graph() {
    return session;
  }

  /**
   * Calls one of the signatures.
   *
   * @param inputs a value for each input by name
   * @return a value for each output by name
   * @throws BadRequestException if there is no such signature, or the inputs do not fit it
   * @throws TensorFlowException if TensorFlow fails
   */
  public Map<String, TensorValue> call(String signature, Map<String, TensorValue> inputs) {
    return call(signature, inputs, Duration.ZERO);
  }

  /**
   * As {@link #call(String, Map)}, given up after a time.
   *
   * @param limit how long it may take, as for {@link PreparedRun.Asked#within}
   */
  public Map<String, TensorValue> call(
      String signature, Map<String, TensorValue> inputs, Duration limit) {
    Signature found = signatures.get(signature);
    if (found == null) {
      throw new BadRequestException(
          "the SavedModel has no signature '"
              + signature
              + "'; it has "
              + signatures.keySet()
              + ".");
    }
    try (PreparedRun run = SignatureCalls.prepare(session, found)) {
      return SignatureCalls.call(run, found, inputs, PreparedRun.Asked.within(limit));
    }
  }

  /** Whether it can be called: it was not closed, nor the runtime. */
  public boolean isOpen() {
    return session.isOpen();
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
  }
}
