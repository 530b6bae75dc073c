package dev.graft.testkit;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.tensorflow.proto.DataType;

/** A tensor for which no machine has memory. */
public final class NoMemory {

  private static final long BITS = 48; // so many numbers have no address

  private NoMemory() {}

  /** The number 0, for which TensorFlow fills more than there is where {@code isMore}. */
  public static TensorRef where(Scope g, TensorRef isMore) {
    TensorRef bits = g.add("Mul", g.cast(isMore, DataType.DT_INT64), number(g, BITS));
    TensorRef size = g.add("LeftShift", number(g, 1), bits);
    return g.add("Max", g.add("Fill", g.addList("Pack", List.of(size)), g.scalar(0f)), g.ints(0));
  }

  private static TensorRef number(Scope g, long value) {
    return g.constant(TensorValue.scalar(value));
  }
}
