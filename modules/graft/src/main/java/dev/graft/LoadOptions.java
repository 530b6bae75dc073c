package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSet;
import dev.graft.importer.ImportOptions;
import dev.graft.internal.place.ModelFolder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * How {@link Graft#load(java.nio.file.Path, LoadOptions)} reads a SavedModel.
 *
 * @param trust whether the model may reach into files, the network or other code
 * @param tags the tags of the MetaGraph to take; empty to take the one for serving
 * @param signature the only signature to keep; empty to keep all
 * @param inputRange what the picture input expects; empty to find it out, or guess
 * @param cache the folder below which archives are unpacked
 */
public record LoadOptions(
    Trust trust,
    Set<String> tags,
    Optional<String> signature,
    Optional<InputRange> inputRange,
    Path cache) {

  public LoadOptions {
    requireNonNull(trust, "trust");
    tags = ImmutableSet.copyOf(tags); // in their order
    requireNonNull(signature, "signature");
    requireNonNull(inputRange, "inputRange");
    requireNonNull(cache, "cache");
  }

  /**
   * No trust, the MetaGraph for serving, all its signatures, archives in {@code ~/.cache/graft}.
   */
  public static LoadOptions defaults() {
    return new LoadOptions(
        Trust.REFUSE, ImmutableSet.of(), Optional.empty(), Optional.empty(), ModelFolder.CACHE);
  }

  /** These options with another say in what the model may reach for. */
  public LoadOptions trust(Trust value) {
    requireNonNull(value, "trust");
    return new LoadOptions(value, tags, signature, inputRange, cache);
  }

  /** These options with the MetaGraph of exactly these tags. */
  public LoadOptions tags(String... wanted) {
    requireNonNull(wanted, "wanted");
    return new LoadOptions(trust, ImmutableSet.copyOf(wanted), signature, inputRange, cache);
  }

  /** These options with one signature only. */
  public LoadOptions signature(String wanted) {
    requireNonNull(wanted, "wanted");
    return new LoadOptions(trust, tags, Optional.of(wanted), inputRange, cache);
  }

  /** These options, knowing what the picture input expects. */
  public LoadOptions inputRange(InputRange value) {
    requireNonNull(value, "inputRange");
    return new LoadOptions(trust, tags, signature, Optional.of(value), cache);
  }

  /** These options with archives unpacked below another folder. */
  public LoadOptions cache(Path folder) {
    requireNonNull(folder, "folder");
    return new LoadOptions(trust, tags, signature, inputRange, folder);
  }

  ImportOptions forImport() {
    ImportOptions options = ImportOptions.defaults().tags(tags.toArray(String[]::new));
    options = signature.map(options::signature).orElse(options);
    return trust == Trust.ALLOW ? options.trusting() : options;
  }
}
