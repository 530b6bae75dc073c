package dev.graft.job;

import com.google.common.collect.ImmutableSet;
import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.Trust;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code run.json} holds of {@link LoadOptions} beside the trust. */
record StoredLoad(
    List<String> tags,
    @Nullable String signature,
    @Nullable String inputRange,
    @Nullable String cache) {

  static StoredLoad of(LoadOptions options) {
    return new StoredLoad(
        List.copyOf(options.tags()),
        options.signature().orElse(null),
        options.inputRange().map(InputRange::toString).orElse(null),
        StoredJob.absolute(options.cache()));
  }

  static LoadOptions options(Trust trust, @Nullable StoredLoad stored) {
    LoadOptions trusting = LoadOptions.defaults().trust(trust);
    if (stored == null) {
      return trusting;
    }
    return new LoadOptions(
        trust,
        ImmutableSet.copyOf(stored.tags),
        Optional.ofNullable(stored.signature),
        Optional.ofNullable(stored.inputRange).map(InputRange::named),
        stored.cache == null ? trusting.cache() : Path.of(stored.cache));
  }
}
