package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBufferFromString;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationOutputType;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionRun;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.RunOptions;

/**
 * One way to run a {@link GraphSession}: which tensors go in, which come out, which nodes run.
 * Several threads may run it at once.
 */
@Internal
public final class PreparedRun implements AutoCloseable {

  /** For runs that may take any time. */
  public static final Duration NO_LIMIT = Duration.ZERO;

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
   * As {@link #run(List)}, given up after a time.
   *
   * @param limit how long it may take, {@link #NO_LIMIT} for any time
   * @throws TensorFlowException with {@link TensorFlowException.Code#DEADLINE_EXCEEDED} if it took
   *     longer; ops that wait or count in a loop let themselves be stopped, one long op does not
   */
  public List<TensorValue> run(List<TensorValue> values, Duration limit) {
    check(values);
    TF_Buffer options = options(limit);
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
          (TF_Buffer) null,
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

  private static @Nullable TF_Buffer options(Duration limit) {
    if (limit.isZero()) {
      return null;
    }
    byte[] bytes =
        RunOptions.newBuilder().setTimeoutInMs(Math.max(1, limit.toMillis())).build().toByteArray();
    BytePointer text = new BytePointer(Pointer.malloc(bytes.length)).capacity(bytes.length);
    try {
      text.put(bytes);
      return TF_NewBufferFromString(text, bytes.length); // a copy
    } finally {
      Pointer.free(text);
    }
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
