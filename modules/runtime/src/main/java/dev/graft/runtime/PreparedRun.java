package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationOutputType;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionRun;

import com.google.common.collect.ImmutableList;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeExecStats;
import org.tensorflow.proto.RunMetadata;
import org.tensorflow.proto.RunOptions;

/**
 * One way to run a {@link GraphSession}: which tensors go in, which come out, which nodes run.
 * Several threads may run it at once.
 */
@Internal
public final class PreparedRun implements AutoCloseable {

  private static final String PIECE = "_XlaRun"; // has a kernel for many ops, once it is compiled

  /** What is asked of a run beside its values. */
  public static final class Asked {
    private final RunOptions options;
    private final @Nullable TF_Buffer seen; // what TensorFlow tells of it

    private Asked(RunOptions options, @Nullable TF_Buffer seen) {
      this.options = options;
      this.seen = seen;
    }

    /** That it is given up after a time; {@link Duration#ZERO} for any time. */
    public static Asked within(Duration limit) {
      return limit.isZero()
          ? NO_LIMIT
          : new Asked(
              RunOptions.newBuilder().setTimeoutInMs(Math.max(1, limit.toMillis())).build(), null);
    }
  }

  /** For runs that may take any time. */
  public static final Asked NO_LIMIT = new Asked(RunOptions.getDefaultInstance(), null);

  private static final int POINTER = Pointer.sizeof(Pointer.class);

  private final NativeSession session;
  private final ImmutableList<TensorRef> feeds;
  private final ImmutableList<TensorRef> fetches;
  private final ImmutableList<DType> feedTypes;
  private final ImmutableList<TensorRef> computed; // distinct fetches that are not fed
  private final TF_Output inputs;
  private final TF_Output outputs;
  private final PointerPointer<TF_Operation> targets;
  private final int targetCount;
  private final InUse use;

  PreparedRun(
      NativeSession session,
      List<TensorRef> feeds,
      List<TensorRef> fetches,
      List<String> targets,
      Consumer<PreparedRun> closed) {
    this.session = session;
    this.feeds = ImmutableList.copyOf(feeds);
    this.fetches = ImmutableList.copyOf(fetches);
    this.use = new InUse("this run or its session", () -> free(closed));
    LinkedHashSet<TensorRef> distinct = new LinkedHashSet<>(fetches);
    feeds.forEach(distinct::remove); // TensorFlow refuses to fetch what it is fed
    this.computed = ImmutableList.copyOf(distinct);
    List<TF_Operation> operations = session.graph().operations(targets);
    this.inputs = session.graph().outputs(feeds);
    try {
      this.outputs = session.graph().outputs(computed);
    } catch (RuntimeException e) {
      NativeMemory.free(inputs);
      throw e;
    }
    this.targetCount = operations.size();
    this.targets = pointers(targetCount);
    ImmutableList.Builder<DType> types = ImmutableList.builder();
    for (int i = 0; i < feeds.size(); i++) {
      types.add(dtype(TF_OperationOutputType(inputs.position(i))));
    }
    inputs.position(0);
    this.feedTypes = types.build();
    for (int i = 0; i < targetCount; i++) {
      this.targets.put(i, operations.get(i));
    }
  }

  private static DType dtype(int number) {
    return DType.of(DataType.forNumber(number));
  }

  private static <T extends Pointer> PointerPointer<T> pointers(int count) {
    return new PointerPointer<>(Pointer.calloc(Math.max(1, count), POINTER));
  }

  /**
   * Runs once.
   *
   * @param values one for each feed, in their order
   * @return one for each fetch, in their order
   * @throws BadRequestException if the values do not fit the feeds, or a fetched tensor has no
   *     value outside TensorFlow
   * @throws TensorFlowException if TensorFlow fails
   */
  public List<TensorValue> run(List<TensorValue> values) {
    return run(values, NO_LIMIT);
  }

  /**
   * As {@link #run(List)}, with more asked of it.
   *
   * @throws TensorFlowException with {@link TensorFlowException.Code#DEADLINE_EXCEEDED} if it took
   *     longer than {@link Asked#within}; ops that wait or count in a loop let themselves be
   *     stopped, one long op does not
   */
  public List<TensorValue> run(List<TensorValue> values, Asked asked) {
    check(values);
    TF_Buffer options = options(asked.options);
    PointerPointer<TF_Tensor> in = pointers(feeds.size());
    PointerPointer<TF_Tensor> out = pointers(computed.size());
    List<TF_Tensor> owned = new ArrayList<>(feeds.size() + computed.size());
    try (InUse.Hold run = use.hold();
        InUse.Hold open = session.hold();
        Status status = new Status()) {
      for (int i = 0; i < values.size(); i++) {
        TF_Tensor tensor = Tensors.toNative(values.get(i));
        owned.add(tensor);
        in.put(i, tensor);
      }
      TF_SessionRun(
          session.handle(),
          options,
          inputs,
          in,
          feeds.size(),
          outputs,
          out,
          computed.size(),
          targets,
          targetCount,
          asked.seen,
          status.handle());
      for (int i = 0; i < computed.size(); i++) {
        TF_Tensor tensor = out.get(TF_Tensor.class, i);
        if (tensor != null) {
          owned.add(tensor);
        }
      }
      status.check("the graph failed to run");
      List<TensorValue> results = new ArrayList<>(computed.size());
      for (int i = 0; i < computed.size(); i++) {
        results.add(Tensors.toJava(owned.get(feeds.size() + i), computed.get(i)));
      }
      return inOrder(values, results);
    } finally {
      owned.forEach(tensor -> TF_DeleteTensor(tensor));
      if (options != null) {
        TF_DeleteBuffer(options);
      }
      Pointer.free(in);
      Pointer.free(out);
    }
  }

  /**
   * What XLA computed of a run.
   *
   * @param made how many pieces of the graph it was to compile, each as one kernel
   * @param compiled how many of them it did: one that it gives up is left to TensorFlow's own
   *     kernels, and only the native log says so
   */
  public record Pieces(int made, int compiled) {}

  /** Runs once, and looks at what TensorFlow made of the graph for it. */
  public Pieces pieces(List<TensorValue> values) {
    RunOptions told =
        RunOptions.newBuilder()
            .setOutputPartitionGraphs(true)
            .setTraceLevel(RunOptions.TraceLevel.SOFTWARE_TRACE)
            .build();
    TF_Buffer seen = TF_NewBuffer();
    try {
      run(values, new Asked(told, seen));
      RunMetadata found = RunMetadata.parseFrom(NativeGraph.bytes(seen));
      List<String> made =
          found.getPartitionGraphsList().stream()
              .flatMap(graph -> graph.getNodeList().stream())
              .filter(node -> node.getOp().equals(PIECE))
              .map(NodeDef::getName)
              .toList();
      Set<String> done = // of two ways for a piece, compiled or not, one is gone
          found.getStepStats().getDevStatsList().stream()
              .flatMap(device -> device.getNodeStatsList().stream())
              .map(NodeExecStats::getNodeName)
              .collect(Collectors.toSet());
      return new Pieces(made.size(), (int) made.stream().filter(done::contains).count());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow's description of a run cannot be read", e);
    } finally {
      TF_DeleteBuffer(seen);
    }
  }

  private void check(List<TensorValue> values) {
    if (values.size() != feeds.size()) {
      throw new BadRequestException(
          "this run takes " + feeds.size() + " values " + feeds + ", given " + values.size() + ".");
    }
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).dtype() != feedTypes.get(i)) {
        throw new BadRequestException(
            "'" + feeds.get(i) + "' takes " + feedTypes.get(i) + ", given " + values.get(i) + ".");
      }
    }
  }

  private List<TensorValue> inOrder(List<TensorValue> values, List<TensorValue> results) {
    if (computed.size() == fetches.size()) {
      return results;
    }
    List<TensorValue> all = new ArrayList<>(fetches.size());
    for (TensorRef fetch : fetches) {
      int fed = feeds.indexOf(fetch);
      all.add(fed >= 0 ? values.get(fed) : results.get(computed.indexOf(fetch)));
    }
    return all;
  }

  private static @Nullable TF_Buffer options(RunOptions asked) {
    return asked.equals(RunOptions.getDefaultInstance()) ? null : NativeGraph.buffer(asked);
  }

  /**
   * Frees the resolved names once running calls have come back, which it does not wait for. May be
   * called again.
   */
  @Override
  public void close() {
    use.close();
  }

  private void free(Consumer<PreparedRun> closed) {
    NativeMemory.free(inputs);
    NativeMemory.free(outputs);
    Pointer.free(targets);
    closed.accept(this);
  }
}
