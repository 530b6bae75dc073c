package dev.graft.importer;

import com.google.common.collect.ImmutableSet;
import dev.graft.error.Internal;
import java.util.Optional;

/**
 * How to read a SavedModel.
 *
 * @param tags the tag set of the MetaGraph to take; empty to take the one for serving
 * @param signature the only signature to keep; empty to keep all
 * @param trusted whether ops that touch files, the network or processes are let in
 */
@Internal
public record ImportOptions(
    ImmutableSet<String> tags, Optional<String> signature, boolean trusted) {

  private static final ImportOptions DEFAULTS =
      new ImportOptions(ImmutableSet.of(), Optional.empty(), false);

  /** The MetaGraph for serving, all its signatures, nothing that touches the machine. */
  public static ImportOptions defaults() {
    return DEFAULTS;
  }

  /** These options with the MetaGraph of exactly these tags. */
  public ImportOptions tags(String... wanted) {
    return new ImportOptions(ImmutableSet.copyOf(wanted), signature, trusted);
  }

  /** These options with one signature only. */
  public ImportOptions signature(String wanted) {
    return new ImportOptions(tags, Optional.of(wanted), trusted);
  }

  /** These options with ops that touch files, the network or processes let in. */
  public ImportOptions trusting() {
    return new ImportOptions(tags, signature, true);
  }
}
