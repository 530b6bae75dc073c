package dev.graft.importer.internal.signature;

import com.google.common.collect.ImmutableList;
import dev.graft.model.Signature;
import java.util.List;
import java.util.function.Predicate;
import org.tensorflow.proto.NodeDef;

/**
 * Ways to call a SavedModel.
 *
 * @param signatures the ways, between tensors of the graph before flattening
 * @param added nodes that these need and the file does not hold
 */
public record Entries(ImmutableList<Signature> signatures, ImmutableList<NodeDef> added) {

  static Entries of(List<Signature> signatures) {
    return new Entries(ImmutableList.copyOf(signatures), ImmutableList.of());
  }

  /** These entries without the signatures that {@code keep} does not want. */
  public Entries only(Predicate<Signature> keep) {
    return new Entries(
        signatures.stream().filter(keep).collect(ImmutableList.toImmutableList()), added);
  }

  /** The names of the signatures. */
  public List<String> names() {
    return signatures.stream().map(Signature::name).toList();
  }
}
