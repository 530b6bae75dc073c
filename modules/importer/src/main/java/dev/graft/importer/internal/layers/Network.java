package dev.graft.importer.internal.layers;

import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.Optional;

/**
 * A network, model or wrapper, whose layers are looked for.
 *
 * @param layers the objects of its layers
 * @param scopes the scopes of its own calls, in which its layers stand
 * @param calls how often it is called
 * @param chain whether each layer reads the one before
 * @param input what it reads, if it is called once and that is one tensor
 */
record Network(
    List<Integer> layers,
    List<String> scopes,
    int calls,
    boolean chain,
    Optional<TensorRef> input) {

  /** What a network reads that is called {@code calls} times with {@code read}. */
  static Optional<TensorRef> input(int calls, List<TensorRef> read) {
    return calls == 1 && read.size() == 1 ? Optional.of(read.get(0)) : Optional.empty();
  }
}
