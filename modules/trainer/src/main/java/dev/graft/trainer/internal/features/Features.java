package dev.graft.trainer.internal.features;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.KnownFiles;
import dev.graft.error.BadDataException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowSink;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.OwnRows.Read;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.mixed.FrozenRun;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.ReadAhead;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.store.FeatureStore;
import dev.graft.trainer.store.FrozenDigest;
import dev.graft.trainer.store.RowDigest;
import dev.graft.trainer.store.RowForm;
import dev.graft.trainer.store.StoredFeatures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs a model once over examples, up to some of its tensors. What comes out is a dataset again,
 * whose inputs are those tensors. Of what is in a {@link FeatureStore} nothing is run.
 */
public final class Features implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final InputBinding entry;
  private final List<TensorRef> wanted;
  private final List<TensorRef> computed; // TensorFlow runs nothing for what is fed
  private final Graph graph;
  private final int atOnce;
  private FeatureSpace space = FeatureSpace.memory();
  private Optional<StoredFeatures> stored = Optional.empty();
  private Optional<KnownFiles> files = Optional.empty();
  private final FrozenRun run;
  private Digits digits = Digits.ALL;
  private boolean proven; // that rows may be kept
  private @Nullable Computed lone; // run alone, so that it proves nothing yet
  private long ran; // for so many examples
  private long reused;

  /**
   * Prepares {@code model} to compute {@code wanted} of its tensors.
   *
   * @param entry how examples get into the model
   * @param atOnce how many of them are computed in one run; {@link Batch#SCORED} for as many as the
   *     device is kept busy by
   */
  public Features(
      TensorFlowRuntime runtime,
      Model model,
      InputBinding entry,
      List<TensorRef> wanted,
      int atOnce) {
    this.runtime = runtime;
    this.model = model;
    this.entry = entry;
    this.wanted = wanted;
    this.atOnce = Batch.scored(atOnce, runtime.computesOnGpu());
    this.computed = wanted.stream().filter(tensor -> !entry.tensors().contains(tensor)).toList();
    this.graph = CachedFeatures.graph(entry);
    this.run = new FrozenRun(runtime, model, graph, entry.tensors(), computed);
  }

  /**
   * Takes what other runs have kept, and keeps what it computes, if there is a place for it.
   *
   * @param frontier tells the shape of what a tensor holds for one example
   * @param watch hears what goes wrong with it
   */
  public void keptIn(Frontier frontier, Watch watch) {
    Map<TensorRef, RowForm> rows = CachedFeatures.forms(graph, computed, frontier, digits);
    Consumer<String> said = words -> watch.decide(Decision.Kind.FEATURES, words);
    run.told(said);
    Optional<FeatureStore> store = FeatureStore.of(runtime);
    if (store.isPresent() && !computed.isEmpty()) {
      FrozenDigest network = new FrozenDigest(model, graph, entry.tensors());
      stored = StoredFeatures.open(store.get(), runtime, network, rows, said);
      files = stored.map(opened -> KnownFiles.in(store.get().folder()));
    }
  }

  /** Puts what comes out where {@code value} says, and returns this. */
  public Features into(FeatureSpace value) {
    space = value;
    return this;
  }

  /** Keeps float32 as float16, and returns this. */
  public Features inHalves(boolean value) {
    digits = digits.inHalves(value);
    return this;
  }

  /**
   * Multiplies in bfloat16 where steps in {@code asked} do.
   *
   * @param watch hears how much of the network does
   * @return whether it does
   */
  public boolean in(Precision asked, Watch watch) {
    digits = digits.in(run.in(asked, words -> watch.decide(Decision.Kind.FEATURES, words)));
    return digits.areFew();
  }

  /** Whether there is a place for what is computed. */
  public boolean areKept() {
    return stored.isPresent();
  }

  /** Of how many examples something was run so far, and of how many it was kept. */
  public TrainingEvent.Features counts() {
    long bytes = FeatureStore.of(runtime).map(FeatureStore::size).orElse(0L);
    return new TrainingEvent.Features(ran, reused, bytes);
  }

  /** The features of all examples of {@code data}, in its order, with its targets. */
  public Dataset of(Dataset data, Pace pace) {
    return of(data, pace, false);
  }

  /**
   * As {@link #of}, for training.
   *
   * @throws BadDataException if an example holds a NaN, or an infinity of which the model makes
   *     one; the message names it
   * @throws FailedCheckException if the model makes a NaN of an example of numbers
   */
  Dataset toLearnFrom(Dataset data, Pace pace) {
    return of(data, pace, true);
  }

  private Dataset of(Dataset data, Pace pace, boolean checked) {
    Dataset known = files.map(data::knownBy).orElse(data);
    Map<TensorRef, RowSink> all = new LinkedHashMap<>();
    wanted.forEach(tensor -> all.put(tensor, space.rows(tensor, data.size())));
    List<Read> missing = new ArrayList<>(); // of one example each
    try (ReadAhead batches = new ReadAhead(known)) {
      int[] next = findUnread(known, 0, all, pace);
      for (long start = atOnce; next.length > 0 || start < data.size(); start += atOnce) {
        pace.before();
        int[] examples = next;
        next = findUnread(known, start, all, pace);
        if (examples.length == 0) {
          continue;
        }
        Read read = new Read(examples, entry.values(batches.take(examples, next)));
        if (stored.isEmpty()) {
          compute(data, read, all, pace, checked);
          continue;
        }
        missing.addAll(find(read, all, pace));
        if (missing.size() >= atOnce) { // as many at once as where nothing is there
          compute(data, Read.all(missing.subList(0, atOnce)), all, pace, checked);
          missing.subList(0, atOnce).clear();
        }
      }
    }
    if (!missing.isEmpty()) {
      pace.before();
      compute(data, Read.all(missing), all, pace, checked);
    }
    Map<String, RowTable> inputs = new LinkedHashMap<>();
    all.forEach((tensor, rows) -> inputs.put(entry.nameOf(tensor), rows.table()));
    return data.withInputs(inputs);
  }

  private record Computed(Read read, Map<TensorRef, TensorValue> values) {}

  /** Puts down the rows that are in the store; returns the examples whose rows are not. */
  private List<Read> find(Read read, Map<TensorRef, RowSink> all, Pace pace) {
    List<RowDigest> digests = RowDigest.of(read.fed());
    List<Read> missing = new ArrayList<>();
    for (int i = 0; i < digests.size(); i++) {
      Read one = read.rows(i);
      Optional<Map<TensorRef, TensorValue>> found = stored.orElseThrow().find(digests.get(i));
      if (found.isEmpty()) {
        missing.add(one);
        continue;
      }
      Map<TensorRef, TensorValue> rows = new HashMap<>(found.get());
      rows.putAll(fed(one));
      put(rows, one.examples(), all);
    }
    found(digests.size() - missing.size(), pace);
    return missing;
  }

  private static void put(
      Map<TensorRef, TensorValue> rows, int[] examples, Map<TensorRef, RowSink> all) {
    all.forEach((tensor, sink) -> sink.put(Objects.requireNonNull(rows.get(tensor)), examples));
  }

  private void found(int examples, Pace pace) {
    if (examples > 0) {
      reused += examples;
      pace.advance(examples);
    }
  }

  /**
   * Puts down the rows that are in the store of those of the examples from {@code start} on that
   * are pictures whose content is known without reading them; returns the other ones.
   */
  private int[] findUnread(Dataset known, long start, Map<TensorRef, RowSink> all, Pace pace) {
    int[] examples =
        IntStream.range(
                (int) Math.min(start, known.size()), (int) Math.min(start + atOnce, known.size()))
            .toArray();
    if (!isFoundUnread()) {
      return examples;
    }
    StoredFeatures store = stored.orElseThrow();
    int[] rest =
        Arrays.stream(examples)
            .filter(
                i -> {
                  Optional<Map<TensorRef, TensorValue>> rows =
                      known.digest(i).map(RowDigest::of).flatMap(store::find);
                  rows.ifPresent(found -> put(found, new int[] {i}, all));
                  return rows.isEmpty();
                })
            .toArray();
    found(examples.length - rest.length, pace);
    return rest;
  }

  /** Whether what is kept of a picture is found by what is in its file. */
  private boolean isFoundUnread() {
    return stored.isPresent() && entry.pictures().isPresent() && computed.size() == wanted.size();
  }

  /** Those of {@code data} of which nothing is kept: whether they can be decoded is not known. */
  Dataset unkept(Dataset data) {
    return isFoundUnread() && data.isPictures()
        ? stored.orElseThrow().without(data, files.map(data::knownBy).orElse(data))
        : data;
  }

  private void compute(
      Dataset data, Read read, Map<TensorRef, RowSink> all, Pace pace, boolean checked) {
    int[] examples = read.examples();
    BooleanSupplier exactness = runtime.exactness();
    Map<TensorRef, TensorValue> values = values(data, read);
    values.forEach((tensor, value) -> OwnRows.require(tensor, value, examples.length));
    if (checked) {
      new NoNumbers(entry, computed).check(data, examples, values);
    }
    put(values, examples, all);
    if (stored.isPresent() && stored.get().areExact(exactness)) {
      keep(data, read, values);
    }
    ran += computed.isEmpty() ? 0 : examples.length;
    pace.advance(examples.length);
  }

  private Map<TensorRef, TensorValue> fed(Read read) {
    Map<TensorRef, TensorValue> fed = new HashMap<>();
    for (int i = 0; i < read.fed().size(); i++) {
      fed.put(entry.tensors().get(i), read.fed().get(i));
    }
    return fed;
  }

  private Map<TensorRef, TensorValue> values(Dataset data, Read read) {
    Map<TensorRef, TensorValue> values = fed(read);
    if (!computed.isEmpty()) {
      List<TensorValue> found =
          entry.run(runtime, run.prepared(), read.fed(), data, read.examples());
      for (int i = 0; i < found.size(); i++) {
        values.put(computed.get(i), digits.round(found.get(i)));
      }
    }
    return values;
  }

  /** Keeps what was computed, but for what training has to say something about. */
  private void keep(Dataset data, Read read, Map<TensorRef, TensorValue> values) {
    if (values.values().stream().anyMatch(value -> NoNumbers.rowWith(value, Double::isNaN) >= 0)) {
      return;
    }
    proven |= reused > 0; // those that are there were
    if (!proven && read.examples().length == 1) {
      if (lone == null || RowDigest.of(lone.read().fed()).equals(RowDigest.of(read.fed()))) {
        lone = new Computed(read, values); // until there is another one
        return;
      }
    }
    proven = proven || isOfEach(data, read, values);
    if (proven) {
      keepLone();
      stored.ifPresent(store -> store.put(RowDigest.of(read.fed()), values));
    } else {
      stored.ifPresent(StoredFeatures::giveUp);
      stored = Optional.empty();
    }
  }

  private void keepLone() {
    Computed first = lone;
    if (first != null) {
      stored.ifPresent(store -> store.put(RowDigest.of(first.read().fed()), first.values()));
    }
    lone = null;
  }

  /**
   * Whether examples give the same in another run, up to rounding: every other one of some alone,
   * and the rest of them, a single one beside the first. One half would not tell where rows depend
   * on a single example of that half, as where all are padded to the longest.
   */
  private boolean isOfEach(Dataset data, Read read, Map<TensorRef, TensorValue> values) {
    int size = read.examples().length;
    int[] some = IntStream.range(0, size).filter(i -> i % 2 == 0).toArray(); // neighbours part
    if (size == 1) {
      return isSame(data, some, read.beside(Objects.requireNonNull(lone).read()), values);
    }
    int[] rest = IntStream.range(0, size).filter(i -> i % 2 == 1).toArray();
    return isSame(data, rest, read.rows(rest), values)
        && isSame(data, some, read.rows(some), values);
  }

  /** Whether the last of {@code again} give what {@code rows} of some gave. */
  private boolean isSame(Dataset data, int[] rows, Read again, Map<TensorRef, TensorValue> values) {
    try {
      int first = again.examples().length - rows.length;
      return new OwnRows(digits.rounding())
          .areAllSame(computed, values, rows, values(data, again), first);
    } catch (TensorFlowException | ExhaustedException e) {
      return false; // the network takes no batch of that size
    }
  }

  @Override
  public void close() {
    try {
      if (reused > 0) {
        keepLone();
      }
      stored.ifPresent(StoredFeatures::close);
      files.ifPresent(KnownFiles::save);
    } finally {
      run.close();
    }
  }
}
