package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tensorflow.proto.DataType;

/**
 * A batch of a goal in a graph: what its heads answered and what was wanted, for its metrics to be
 * computed from. What several metrics are made of is added once, see {@link #shared}.
 */
@Internal
public final class Judged {

  private final Scope g;
  private final ImmutableList<Head> heads;
  private final ImmutableList<TensorRef> answers;
  private final ImmutableList<TensorRef> targets;
  private final Map<Class<?>, Object> shared = new HashMap<>();

  /**
   * Makes one.
   *
   * @param g where nodes are added
   * @param heads the heads that answered; their raw answers are read in the graph of {@code g}
   * @param targets what the data say, in the order of the goal's targets
   */
  public Judged(Scope g, List<Head> heads, List<TensorRef> targets) {
    this.g = g;
    this.heads = ImmutableList.copyOf(heads);
    this.answers =
        heads.stream().map(head -> wide(g, head.logits())).collect(ImmutableList.toImmutableList());
    this.targets = ImmutableList.copyOf(targets);
  }

  /** Half floats count to 2,048 (bfloat16: to 256), and round the shares that curves are of. */
  private static TensorRef wide(Scope g, TensorRef logits) {
    return switch (g.editor().dtype(logits)) {
      case DT_HALF, DT_BFLOAT16 -> g.cast(logits, DataType.DT_FLOAT);
      default -> logits;
    };
  }

  /** Where nodes are added. */
  public Scope scope() {
    return g;
  }

  /** The raw answers of the heads, in float32 at least. */
  public ImmutableList<TensorRef> answers() {
    return answers;
  }

  /** What the data say. */
  public ImmutableList<TensorRef> targets() {
    return targets;
  }

  /** The first head, of a goal that reads one. */
  Head head() {
    return heads.get(0);
  }

  /** The tensors of a goal that reads one head and one target; of numbers, what is answered. */
  HeadTensors tensors() {
    boolean numbers = head().kind().targets() == Head.Targets.NUMBERS;
    TensorRef answer = numbers ? wide(g, head().output()) : answers.get(0);
    return new HeadTensors(g, answer, targets.get(0), head().units());
  }

  /** What several metrics are made of: made at the first call, the same at all further ones. */
  public <T> T shared(Class<T> kind, Function<Judged, T> make) {
    Object found = shared.get(kind);
    if (found == null) {
      found = make.apply(this);
      shared.put(kind, found);
    }
    return kind.cast(found);
  }
}
