package dev.graft.trainer.internal.features;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What training is fed with: features, computed once at the cuts where the frozen part ends; or the
 * examples themselves, where nothing is frozen before or where the features would not fit in
 * memory. Those before the heads go to a file then; of pictures the pixels do ({@link
 * DecodedRows}).
 */
public final class CachedFeatures implements AutoCloseable {

  private final Frontier frontier;
  private final InputBinding entry;
  private final Part examples;
  private final Room room;
  private final Set<TensorRef> kept = new LinkedHashSet<>();
  private final Set<TensorRef> inFiles = new LinkedHashSet<>(); // of these
  private FeatureSpace space = FeatureSpace.memory();
  private boolean halves;
  private Part features;
  private final List<DecodedRows> pictures = new ArrayList<>(); // of both parts, once wanted
  private Part decoded;
  private TrainingEvent.Features counts = new TrainingEvent.Features(0, 0, 0);

  private CachedFeatures(Frontier frontier, Parts data, Room room) {
    this.frontier = frontier;
    this.entry = frontier.entry();
    this.examples = new Part(data.train(), data.validation());
    this.room = room;
    this.features = examples; // until they are computed
    this.decoded = examples; // until they are wanted
  }

  /**
   * How many bytes there are for features.
   *
   * @param memory of Java's
   * @param disk in files
   * @param folder where these lie
   */
  public record Room(long memory, long disk, Path folder) {

    /** What {@code runtime} leaves to them. */
    public static Room of(TensorFlowRuntime runtime) {
      double share = runtime.options().features().memory();
      long memory = (long) (share * Runtime.getRuntime().maxMemory());
      Path folder = FeatureSpace.folder(runtime);
      return new Room(memory, FeatureSpace.room(runtime, folder), folder);
    }
  }

  /**
   * Plans what to keep.
   *
   * @param cuts the cuts at which the examples enter training; those in front come first, the first
   *     of them that of the heads
   */
  public static CachedFeatures plan(
      Frontier frontier, Parts data, Iterable<ImmutableList<TensorRef>> cuts, Room room) {
    CachedFeatures planned = new CachedFeatures(frontier, data, room);
    boolean ofHeads = true;
    for (ImmutableList<TensorRef> cut : cuts) {
      if (!planned.entry.tensors().containsAll(cut)) {
        planned.plan(cut, ofHeads);
      }
      ofHeads = false;
    }
    return planned;
  }

  private void plan(ImmutableList<TensorRef> cut, boolean ofHeads) {
    Set<TensorRef> inMemory = Sets.difference(Sets.union(kept, Set.copyOf(cut)), inFiles);
    if (fitArrays(cut) && bytes(inMemory) <= room.memory()) {
      kept.addAll(cut);
    } else if (ofHeads && bytes(cut) <= room.disk()) {
      kept.addAll(cut);
      inFiles.addAll(FeatureSpace.fileable(frontier, cut));
    }
  }

  /** Examples, or features of them, of two parts of the data. */
  public record Part(Dataset train, Dataset validation) {

    /** With no more inputs than these: what is fed is not computed. */
    private Part only(Collection<String> names) {
      return new Part(train.onlyInputs(names), validation.onlyInputs(names));
    }
  }

  /** This, keeping features in half precision if all that is learned from them takes that. */
  public CachedFeatures inHalves(boolean value) {
    halves = value;
    return this;
  }

  /** How the features were come by. */
  public TrainingEvent.Features counts() {
    return counts;
  }

  /** Whether some of the features are in files, since there is no room for them in memory. */
  public boolean isInFiles(Collection<TensorRef> cut) {
    return cut.stream().anyMatch(inFiles::contains);
  }

  /** Whether no tensor of a part is larger than an array of Java. */
  private boolean fitArrays(Collection<TensorRef> cut) {
    long most = Math.max(examples.train().size(), examples.validation().size());
    return cut.stream().allMatch(tensor -> most * frontier.bytes(tensor) < Integer.MAX_VALUE);
  }

  /** How much memory features take. */
  private long bytes(Collection<TensorRef> tensors) {
    long size = (long) examples.train().size() + examples.validation().size();
    return frontier.bytes(tensors, size);
  }

  /** Whether features at {@code cut} are wanted and not kept, since they are too many. */
  public boolean isTooLarge(Collection<TensorRef> cut) {
    return !entry.tensors().containsAll(cut) && !kept.containsAll(cut);
  }

  /**
   * Makes sure that features at {@code cut} are kept, for what is computed from all of them.
   *
   * @throws ExhaustedException if there is no room for them
   */
  public void requireRoom(Collection<TensorRef> cut) {
    if (isTooLarge(cut)) {
      throw new ExhaustedException(
          String.format(
              Locale.ROOT,
              "a head that is one layer is computed from all examples at once, and there is no room"
                  + " for %s, nor in a file (%s); make room on the disk, give Java more memory,"
                  + " pool the features, take fewer examples, or give the head a hidden layer, with"
                  + " which it learns step by step.",
              words(cut),
              size(room.disk())),
          Remedy.MORE_HEAP,
          Remedy.POOL_ALL,
          Remedy.HIDDEN_LAYER);
    }
  }

  /** How large the features at {@code cut} are, and how much room there is, for a person. */
  public String words(Collection<TensorRef> cut) {
    return String.format(
        Locale.ROOT,
        "the features of %d examples (%s) in %s",
        examples.train().size() + examples.validation().size(),
        size(bytes(cut)),
        fitArrays(cut)
            ? "what they may take of Java's memory (" + size(room.memory()) + ")"
            : "one tensor, which holds at most 2 GiB however much memory there is");
  }

  private static String size(long bytes) {
    return bytes < 1e9
        ? String.format(Locale.ROOT, "%.0f MB", Math.ceil(bytes / 1e6))
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  /**
   * Computes what is to be kept at {@code cuts}.
   *
   * @param atOnce so many examples in one run
   */
  public void compute(
      TensorFlowRuntime runtime,
      Model model,
      Iterable<ImmutableList<TensorRef>> cuts,
      int atOnce,
      Watch watch) {
    Set<TensorRef> wanted = new LinkedHashSet<>();
    cuts.forEach(wanted::addAll);
    wanted.retainAll(kept);
    long total = (long) examples.train().size() + examples.validation().size();
    Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", total, 1);
    space = FeatureSpace.of(inFiles, room.folder());
    decodeBeside(runtime, watch);
    try (Features at =
        Features.open(runtime, model, entry, List.copyOf(wanted), atOnce).into(space)) {
      at.inHalves(halves).keptIn(frontier, watch);
      features =
          new Part(
              at.toLearnFrom(examples.train(), pace), at.toLearnFrom(examples.validation(), pace));
      counts = at.counts();
      watch.tell(counts);
    }
  }

  /**
   * What to feed for a graph that is cut there: features, if they are kept; else the examples, of
   * which pictures are decoded beside the steps, and once if the disk has room for their pixels.
   */
  public Part at(Collection<TensorRef> cut) {
    return kept.containsAll(cut)
        ? features.only(cut.stream().map(entry::nameOf).toList())
        : decoded;
  }

  /** Whether pictures are decoded for what is fed at {@code cut}, and their pixels kept. */
  public boolean arePixelsKept(Collection<TensorRef> cut) {
    return !kept.containsAll(cut) && arePixelsKept();
  }

  private boolean arePixelsKept() {
    long size = (long) examples.train().size() + examples.validation().size();
    return entry.pixels().isPresent()
        && frontier.bytes(inFiles, size) + frontier.bytes(entry.rows(), size) <= room.disk();
  }

  /** How much room that takes on the disk, for a person. */
  public String pixelWords() {
    return "pictures are decoded once, and their pixels ("
        + size(bytes(entry.rows()))
        + ") read from a file from then on";
  }

  private void decodeBeside(TensorFlowRuntime runtime, Watch watch) {
    Consumer<String> said = words -> watch.tell(Decision.of(Decision.Kind.FEATURES, words));
    if (entry.pixels().isPresent()) {
      Optional<Path> folder = Optional.of(room.folder()).filter(there -> arePixelsKept());
      decoded =
          new Part(
              decoded(new DecodedRows(runtime, entry, examples.train(), folder, said)),
              decoded(new DecodedRows(runtime, entry, examples.validation(), folder, said)));
    }
  }

  private Dataset decoded(DecodedRows rows) {
    pictures.add(rows);
    return rows.dataset(entry.pixels().orElseThrow());
  }

  /** Gives the files back; features and pixels in them are gone. */
  @Override
  public void close() {
    try (FeatureSpace files = space) {
      pictures.forEach(DecodedRows::close);
    }
  }
}
