package dev.graft.trainer.store;

import com.google.common.hash.HashCode;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The rows of some tensors in a {@link FeatureStore}, found and kept together. What goes wrong with
 * it costs a sentence and never a result: then nothing is found, or no more is kept.
 */
@Internal
public final class StoredFeatures implements AutoCloseable {

  private static final String UNKEPT =
      "what this network computes of examples is not kept for other runs, since ";

  /** After what part of the limit it is looked what others have kept. */
  private static final int LOOKS = 100;

  private final Map<TensorRef, StoredRows> stored = new LinkedHashMap<>();
  private final Map<TensorRef, RowForm> forms;
  private final FeatureStore store;
  private final Consumer<String> said;
  private boolean keeps = true;
  private boolean saidDamaged;
  private boolean saidInexact;
  private long room; // bytes, as it was when it was last looked at, less those kept since
  private long unseen; // bytes kept since

  private StoredFeatures(FeatureStore store, Map<TensorRef, RowForm> forms, Consumer<String> said) {
    this.store = store;
    this.forms = forms;
    this.said = said;
  }

  /**
   * Opens the rows of some tensors; none where they may depend on more than the network and an
   * example each, and where the folder cannot be used.
   *
   * @param network of the graph that computes them
   * @param forms the tensors, and of each what it holds for one example
   * @param said takes sentences on what went wrong
   */
  public static Optional<StoredFeatures> open(
      FeatureStore store,
      TensorFlowRuntime runtime,
      FrozenDigest network,
      Map<TensorRef, RowForm> forms,
      Consumer<String> said) {
    StoredFeatures opened = new StoredFeatures(store, forms, said);
    try {
      Optional<Map<TensorRef, StoreKey>> found = keys(runtime, network, forms, said);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Map<TensorRef, StoreKey> keys = found.get();
      opened.room =
          store.prepare(keys.values().stream().map(StoreKey::folder).collect(Collectors.toSet()));
      for (Map.Entry<TensorRef, StoreKey> each : keys.entrySet()) {
        RowForm form = Objects.requireNonNull(forms.get(each.getKey()));
        opened.stored.put(each.getKey(), store.open(each.getValue().folder(), form));
      }
    } catch (IOException | RuntimeException e) {
      opened.give(e);
      opened.close();
      return Optional.empty();
    }
    return Optional.of(opened);
  }

  /** As {@link #open}, but nothing where some of it was never kept: no folder is made for it. */
  public static Optional<StoredFeatures> look(
      FeatureStore store,
      TensorFlowRuntime runtime,
      FrozenDigest network,
      Map<TensorRef, RowForm> forms) {
    try {
      return keys(runtime, network, forms, words -> {})
          .filter(keys -> keys.values().stream().allMatch(key -> store.has(key.folder())))
          .flatMap(keys -> open(store, runtime, network, forms, words -> {}));
    } catch (RuntimeException e) {
      return Optional.empty(); // who opens it says why
    }
  }

  /** By what the rows of all tensors go; nothing where some cannot be kept, which is said. */
  private static Optional<Map<TensorRef, StoreKey>> keys(
      TensorFlowRuntime runtime,
      FrozenDigest network,
      Map<TensorRef, RowForm> forms,
      Consumer<String> said) {
    Map<TensorRef, StoreKey> keys = new LinkedHashMap<>();
    for (Map.Entry<TensorRef, RowForm> tensor : forms.entrySet()) {
      Optional<HashCode> frozen = network.of(tensor.getKey());
      if (frozen.isEmpty()) {
        said.accept(
            UNKEPT
                + "it may depend on more than those and the weights (chance, tables,"
                + " files)");
        return Optional.empty();
      }
      if (!tensor.getValue().canBeKept()) {
        said.accept(UNKEPT + "it is no floating-point numbers of a known size below 256 MiB");
        return Optional.empty();
      }
      keys.put(tensor.getKey(), StoreKey.of(runtime, frozen.get(), tensor.getValue()));
    }
    return Optional.of(keys);
  }

  private void sayDamaged() {
    if (!saidDamaged && stored.values().stream().anyMatch(found -> found.missed() > 0)) {
      saidDamaged = true;
      said.accept(
          "of the features in "
              + store.folder()
              + " some are damaged, or still being written; they are computed again");
    }
  }

  /** The rows of {@code example}, if those of all tensors are there: each a tensor of one row. */
  public Optional<Map<TensorRef, TensorValue>> find(RowDigest example) {
    Map<TensorRef, TensorValue> found = new LinkedHashMap<>();
    stored.forEach((tensor, in) -> in.find(example).ifPresent(row -> found.put(tensor, row)));
    sayDamaged();
    return found.size() == stored.size() ? Optional.of(found) : Optional.empty();
  }

  /**
   * Those of some pictures of which rows are missing.
   *
   * @param known the same pictures, told what is in their files
   */
  public Dataset without(Dataset pictures, Dataset known) {
    return pictures.subset(
        IntStream.range(0, pictures.size())
            .filter(i -> !known.digest(i).map(RowDigest::of).map(this::has).orElse(false))
            .toArray());
  }

  private boolean has(RowDigest example) {
    return stored.values().stream().allMatch(in -> in.has(example));
  }

  /** Whether rows that were computed so may be kept: others would take them for exact. */
  public boolean areExact(BooleanSupplier exactness) {
    boolean areExact = exactness.getAsBoolean();
    if (!areExact && !saidInexact) {
      saidInexact = true;
      said.accept(
          "what was computed of examples while the process multiplied in TF32, as a training beside"
              + " this one may ask for, is not kept for other runs: it would be taken for exact"
              + " there");
    }
    return areExact;
  }

  /** Keeps the rows of {@code examples}, if it can. */
  public void put(List<RowDigest> examples, Map<TensorRef, TensorValue> values) {
    try {
      for (Map.Entry<TensorRef, StoredRows> each : stored.entrySet()) {
        StoredRows in = each.getValue();
        if (!examples.stream().allMatch(in::has) && isRoom(examples.size(), each.getKey())) {
          in.append(examples, Objects.requireNonNull(values.get(each.getKey())));
        }
      }
    } catch (IOException e) {
      if (keeps) {
        keeps = false;
        give(e);
      }
    }
  }

  /** Takes room for rows of {@code tensor}; says it where there is none. */
  private boolean isRoom(int rows, TensorRef tensor) throws IOException {
    long needed = RowFile.bytes(rows, Objects.requireNonNull(forms.get(tensor)));
    if (unseen > store.limit() / LOOKS) { // other processes keep rows, too
      room = store.limit() - store.size();
      unseen = 0;
    }
    if (keeps && (room < needed || store.disk() < needed)) {
      room = store.makeRoom(needed, used());
      unseen = 0;
    }
    room -= needed;
    unseen += needed;
    if (keeps && room < 0) {
      keeps = false;
      said.accept(
          "no more features are kept in "
              + store.folder()
              + (store.disk() < needed
                  ? ", whose disk is nearly full; make room there"
                  : ", which holds all that it may (" + (store.limit() >> 20) + " MiB)")
              + "; the next run computes the others again");
    }
    return keeps;
  }

  private Set<Path> used() {
    return stored.values().stream()
        .flatMap(rows -> rows.used().stream())
        .collect(Collectors.toSet());
  }

  /** Closes this, since what a network gives for an example depends on the others of its run. */
  public void giveUp() {
    close();
    said.accept(UNKEPT + "it depends on which of them are run at once");
  }

  private void give(Exception e) {
    said.accept(
        "features are not kept in "
            + store.folder()
            + " ("
            + e
            + "), so the next run computes them again; give a folder that can be written to, with"
            + " room on its disk");
  }

  @Override
  public void close() {
    for (StoredRows each : stored.values()) {
      try {
        each.close();
      } catch (IOException e) {
        give(e);
      }
    }
  }
}
