package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a version is published, and on what terms.
 *
 * <pre>{@code
 * Publication.to(serving)
 *     .examples(photos.test())
 *     .require("accuracy", 0.9)
 *     .require("recall.daisy", 0.8)
 *     .notWorse(true)
 *     .keep(5)
 *     .notes("Tells the weeds of our fields apart, from above, in daylight.");
 * }</pre>
 */
public final class Publication {

  private static final int ALL = Integer.MAX_VALUE;
  private static final int LARGEST = 1024; // batch of a server
  private static final int LONGEST = 1_000_000; // characters of notes: some books

  private final Fields set;

  private Publication(Fields set) {
    this.set = set;
  }

  /** A publication under {@code base} that nothing is asked of. */
  public static Publication to(Path base) {
    return new Publication(new Fields(requireNonNull(base, "base")));
  }

  private Publication with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new Publication(next);
  }

  /** The folder that a server watches; made if it is not there. */
  public Path base() {
    return set.base;
  }

  /**
   * Examples whose answers are known, and which the model did not learn from: on some the export
   * has to answer as the model does, on all of them it is scored if anything is asked of it.
   */
  public Optional<Dataset> examples() {
    return set.examples;
  }

  /** This with examples. */
  public Publication examples(Dataset value) {
    requireNonNull(value, "examples");
    return with(next -> next.examples = Optional.of(value));
  }

  /**
   * What the version has to reach at least, by the names of metrics, as {@link
   * dev.graft.trainer.metric.Evaluation} has them: {@code accuracy}, {@code f1}, {@code
   * head/accuracy} where there are several heads; {@code precision}, {@code recall} and {@code f1}
   * of a label behind a dot ({@code recall.daisy}); what it must not exceed where less is better:
   * {@code loss}, {@code mae}, {@code rmse}, {@code latency} (milliseconds for one answer) and
   * {@code size} (megabytes).
   */
  public Map<String, Double> required() {
    return set.required;
  }

  /**
   * This with one thing more that is asked for.
   *
   * @throws BadRequestException if something is asked of this metric already
   */
  public Publication require(String metric, double bound) {
    requireNonNull(metric, "metric");
    if (Double.isNaN(bound)) {
      throw new BadRequestException("for '" + metric + "' a number has to be asked for.");
    }
    Map<String, Double> more = new LinkedHashMap<>(set.required);
    if (more.put(metric, bound) != null) {
      throw new BadRequestException("'" + metric + "' is asked for twice; say it once.");
    }
    return with(next -> next.required = Collections.unmodifiableMap(more));
  }

  /**
   * Whether the version has to be as good on these examples as the one that is published now, by
   * accuracy, or what its kind of answer comes down to; a first version is.
   */
  public boolean notWorse() {
    return set.notWorse;
  }

  /** This with a say in whether the version has to be as good as the one published now. */
  public Publication notWorse(boolean value) {
    return with(next -> next.notWorse = value);
  }

  /**
   * How many versions stay, with the new one; older ones are removed then, but for those that some
   * process reads with Graft.
   */
  public int keep() {
    return set.keep;
  }

  /** This with so many versions that stay, with the new one: all if nothing is said. */
  public Publication keep(int value) {
    if (value < 1) {
      throw new BadRequestException(
          "at least the new version is kept, and " + value + " asks for less.");
    }
    return with(next -> next.keep = value);
  }

  /**
   * Whether the version has a further signature {@code features}: what the head reads, float32, as
   * {@link Graft#features} has it, of the same inputs as {@code serving_default}. Of several heads
   * that read different tensors each has its own, {@code features_HEAD}. Where there is a {@code
   * serving_bytes}, {@code features_bytes} takes the same encoded pictures. A detector's head reads
   * maps, and so {@code features} is [N, height, width, channels].
   */
  public boolean features() {
    return set.features;
  }

  /** This with a say in whether the version gives features. */
  public Publication features(boolean value) {
    return with(next -> next.features = value);
  }

  /**
   * In batches of which sizes a server puts requests together, if that was said: in these each
   * signature is warmed up when a version is loaded, and in that of one request.
   */
  public Optional<SortedSet<Integer>> serverBatches() {
    return set.serverBatches;
  }

  /**
   * This with other sizes of a server's batches, each once, 1 to 1024: 8 and 32 if nothing is said,
   * 1 alone for a server that puts nothing together.
   *
   * @throws BadRequestException if there are other sizes among them, or none
   */
  public Publication serverBatches(int... sizes) {
    requireNonNull(sizes, "sizes");
    SortedSet<Integer> all = new TreeSet<>();
    for (int size : sizes) {
      if (size < 1 || size > LARGEST || !all.add(size)) {
        throw new BadRequestException(
            "a server's batches have 1 to "
                + LARGEST
                + " rows, each size said once, given "
                + Arrays.toString(sizes)
                + "; for TensorFlow Serving they are its 'allowed_batch_sizes'.");
      }
    }
    if (all.isEmpty()) {
      throw new BadRequestException(
          "no size of a server's batches is given; say 1 if it puts no requests together.");
    }
    return with(next -> next.serverBatches = Optional.of(Collections.unmodifiableSortedSet(all)));
  }

  /** Your own words on the model, which its card shows: what it is for, and what not. */
  public Optional<String> notes() {
    return set.notes;
  }

  /**
   * This with your own words on the model, as plain text or Markdown. They lie in the version as
   * they are, for everybody who gets it.
   */
  public Publication notes(String value) {
    requireNonNull(value, "notes");
    if (value.length() > LONGEST) {
      throw new BadRequestException(
          "a model's card has room for "
              + LONGEST
              + " characters of notes, and these are "
              + value.length()
              + "; say it shorter, and where to read more.");
    }
    return with(next -> next.notes = Optional.of(value).filter(words -> !words.isBlank()));
  }

  /** This with nothing asked for. */
  public Publication ungated() {
    return with(
        next -> {
          next.required = Map.of();
          next.notWorse = false;
        });
  }

  /** Whether anything is asked for. */
  public boolean isGated() {
    return set.notWorse || !set.required.isEmpty();
  }

  /** Whether older versions are to go. */
  boolean removes() {
    return set.keep != ALL;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Publication terms && terms.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "Publication" + set.all();
  }

  private static final class Fields {
    private final Path base;
    private Optional<Dataset> examples = Optional.empty();
    private Map<String, Double> required = Map.of();
    private boolean notWorse;
    private int keep = ALL;
    private boolean features;
    private Optional<SortedSet<Integer>> serverBatches = Optional.empty();
    private Optional<String> notes = Optional.empty();

    private Fields(Path base) {
      this.base = base;
    }

    private Fields copy() {
      Fields copy = new Fields(base);
      copy.examples = examples;
      copy.required = required;
      copy.notWorse = notWorse;
      copy.keep = keep;
      copy.features = features;
      copy.serverBatches = serverBatches;
      copy.notes = notes;
      return copy;
    }

    private List<Object> all() {
      return List.of(base, examples, required, notWorse, keep, features, serverBatches, notes);
    }
  }
}
