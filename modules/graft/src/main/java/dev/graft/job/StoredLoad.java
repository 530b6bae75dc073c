package dev.graft.job;

import com.google.common.collect.ImmutableSet;
import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.Trust;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code run.json} holds of {@link LoadOptions} beside the trust. */
record StoredLoad(List<String> tags, @Nullable String signature, @Nullable String inputRange) {

  static StoredLoad of(LoadOptions options) {
    return new StoredLoad(
        List.copyOf(options.tags()),
        options.signature().orElse(null),
        options.inputRange().map(InputRange::toString).orElse(null));
  }

  static LoadOptions options(Trust trust, @Nullable StoredLoad stored) {
    return stored == null
        ? LoadOptions.defaults().trust(trust)
        : new LoadOptions(
            trust,
            ImmutableSet.copyOf(stored.tags),
            Optional.ofNullable(stored.signature),
            Optional.ofNullable(stored.inputRange).map(InputRange::named));
  }
}
