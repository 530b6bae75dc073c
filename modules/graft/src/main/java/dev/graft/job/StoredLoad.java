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

  LoadOptions options(Trust trust) {
    return new LoadOptions(
        trust,
        ImmutableSet.copyOf(tags),
        Optional.ofNullable(signature),
        Optional.ofNullable(inputRange).map(InputRange::named),
        cache == null ? LoadOptions.defaults().cache() : Path.of(cache));
  }
}
