package dev.graft.trainer.internal.features;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.graft.data.Parts;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.memory.JavaMemory;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.words.Remedy;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which features a training keeps, at the cuts where its frozen part ends, and where: in memory, or
 * those before the heads in files; of pictures whose features are not kept the pixels. {@link
 * CachedFeatures} does it.
 */
public final class FeaturePlan {

  private final Frontier frontier;
  private final InputBinding entry;
  private final Parts data;
  private final Room room;
  private final Digits digits;
  private final Kept kept;

  private FeaturePlan(Frontier frontier, Parts data, Room room, Digits digits, Kept kept) {
    this.frontier = frontier;
    this.entry = frontier.entry();
    this.data = data;
    this.room = room;
    this.digits = digits;
    this.kept = kept;
  }

  /** What is kept, and what of it in files. */
  private record Kept(ImmutableSet<TensorRef> all, ImmutableSet<TensorRef> inFiles) {
    Kept and(Set<TensorRef> more, Set<TensorRef> moreInFiles) {
      return new Kept(
          Sets.union(all, more).immutableCopy(), Sets.union(inFiles, moreInFiles).immutableCopy());
    }
  }

  /**
   * Plans what to keep.
   *
   * @param cuts the cuts at which the examples enter training; those in front come first, the first
   *     of them that of the heads
   * @param room how much there is
   */
  public static FeaturePlan of(
      Frontier frontier, Parts data, Iterable<ImmutableList<TensorRef>> cuts, Room room) {
    Kept nothing = new Kept(ImmutableSet.of(), ImmutableSet.of());
    FeaturePlan plan = new FeaturePlan(frontier, data, room, Digits.ALL, nothing);
    boolean ofHeads = true;
    for (ImmutableList<TensorRef> cut : cuts) {
      plan = plan.keeping(plan.keptAt(ImmutableSet.copyOf(cut), ofHeads));
      ofHeads = false;
    }
    return plan;
  }

  private Kept keptAt(ImmutableSet<TensorRef> cut, boolean ofHeads) {
    if (entry.tensors().containsAll(cut)) {
      return kept; // they are the examples
    }
    if (fitArrays(cut)
        && bytes(Sets.difference(Sets.union(kept.all, cut), kept.inFiles)) <= room.memory()) {
      return kept.and(cut, Set.of());
    }
    return ofHeads && bytes(cut) <= room.disk()
        ? kept.and(cut, FeatureSpace.fileable(frontier, cut))
        : kept;
  }

  private FeaturePlan keeping(Kept value) {
    return new FeaturePlan(frontier, data, room, digits, value);
  }

  /** This, with features of so many digits. */
  public FeaturePlan in(Digits value) {
    return new FeaturePlan(frontier, data, room, value, kept);
  }

  /** How many digits are asked for. */
  Digits digits() {
    return digits;
  }

  Frontier frontier() {
    return frontier;
  }

  Room room() {
    return room;
  }

  /** The tensors that are kept. */
  public ImmutableSet<TensorRef> kept() {
    return kept.all;
  }

  /** Those of them that are kept in files. */
  ImmutableSet<TensorRef> inFiles() {
    return kept.inFiles;
  }

  /** The examples that features are made of. */
  CachedFeatures.Part examples() {
    return new CachedFeatures.Part(data.train(), data.validation());
  }

  /** Whether some of the features are in files, since there is no room for them in memory. */
  public boolean isInFiles(Collection<TensorRef> cut) {
    return cut.stream().anyMatch(kept.inFiles::contains);
  }

  /**
   * Whether there is as much of Java's memory left as those in files take, though it is others'.
   */
  boolean mayFitMemory() {
    return !kept.inFiles.isEmpty()
        && fitArrays(kept.inFiles)
        && bytes(kept.inFiles) < JavaMemory.left();
  }

  /** Whether no tensor of a part is larger than an array of Java. */
  private boolean fitArrays(Collection<TensorRef> cut) {
    long most = Math.max(data.train().size(), data.validation().size());
    return cut.stream().allMatch(tensor -> most * frontier.bytes(tensor) < Integer.MAX_VALUE);
  }

  private long size() {
    return (long) data.train().size() + data.validation().size();
  }

  /** How much memory features take. */
  private long bytes(Collection<TensorRef> tensors) {
    return frontier.bytes(tensors, size());
  }

  /** Whether features at {@code cut} are wanted and not kept, since they are too many. */
  public boolean isTooLarge(Collection<TensorRef> cut) {
    return !entry.tensors().containsAll(cut) && !kept.all.containsAll(cut);
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
        size(),
        size(bytes(cut)),
        fitArrays(cut)
            ? "what they may take of Java's memory (" + size(room.memory()) + ")"
            : "one tensor, which holds at most 2 GiB however much memory there is");
  }

  /** What is fed at {@code cut}, for a person: {@code features in memory (12 MB)}. */
  public String fedAt(Collection<TensorRef> cut) {
    if (!kept.all.containsAll(cut)) {
      return arePixelsKept(cut) ? "pixels in files" : "the examples";
    }
    return "features in " + (isInFiles(cut) ? "files" : "memory") + " (" + size(bytes(cut)) + ")";
  }

  private static String size(long bytes) {
    return bytes < 1e9
        ? String.format(Locale.ROOT, "%.0f MB", Math.ceil(bytes / 1e6))
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  private boolean arePixelsKept(Collection<TensorRef> cut) {
    return !kept.all.containsAll(cut) && arePixelsKept();
  }

  /** From where on a graph that is cut there is computed again in each step. */
  public Collection<TensorRef> fedFrom(Collection<TensorRef> cut) {
    if (kept.all.containsAll(cut)) {
      return cut;
    }
    return arePixelsKept() ? entry.rows() : entry.tensors();
  }

  boolean arePixelsKept() {
    return entry.pixels().isPresent() && bytes(kept.inFiles) + bytes(entry.rows()) <= room.disk();
  }

  /** Where pictures are decoded for what is fed at {@code cut} and their pixels kept: how. */
  public Optional<String> pixelWords(Collection<TensorRef> cut) {
    String words =
        "pictures are decoded once, and their pixels ("
            + size(bytes(entry.rows()))
            + ") read from a file from then on";
    return Optional.of(words).filter(any -> arePixelsKept(cut));
  }
}
