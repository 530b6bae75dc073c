package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.model.MachineAccess;
import dev.graft.model.Signature;
import java.util.Optional;

/**
 * What a SavedModel does beyond itself.
 *
 * @param always what its initialization and its restore op do, whatever is called
 * @param signatures what each signature does, by its name; nothing for most
 */
public record TrustVerdict(
    ImmutableList<MachineAccess> always,
    ImmutableMap<String, ImmutableList<MachineAccess>> signatures) {

  /** Everything it does. */
  public ImmutableList<MachineAccess> all() {
    return ImmutableList.<MachineAccess>builder()
        .addAll(always)
        .addAll(signatures.values().stream().flatMap(ImmutableList::stream).toList())
        .build();
  }

  /**
   * The signatures that are left out without trust; none where the model is refused as a whole.
   *
   * @param asked the only signature that is wanted, if one was named
   */
  public ImmutableSet<String> leftOut(Optional<String> asked) {
    return refusal(asked).isEmpty() ? untrusted() : ImmutableSet.of();
  }

  private ImmutableSet<String> untrusted() {
    return signatures.entrySet().stream()
        .filter(each -> !each.getValue().isEmpty())
        .map(each -> each.getKey())
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Why the model is refused as a whole without trust: it does that when it is loaded, when it is
   * called by the signature that was asked for or that serves by default, or in each signature.
   * Nothing if it is not.
   *
   * @param asked the only signature that is wanted, if one was named
   */
  public ImmutableList<MachineAccess> refusal(Optional<String> asked) {
    if (!always.isEmpty()) {
      return always;
    }
    String needed = asked.orElse(Signature.SERVING_DEFAULT);
    ImmutableList<MachineAccess> accesses = signatures.getOrDefault(needed, ImmutableList.of());
    boolean none = accesses.isEmpty() && untrusted().size() == signatures.size();
    return none ? all() : accesses;
  }
}
