package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a version is published, and on what terms.
 *
 * <pre>{@code
 * Publication.to(serving)
 *     .examples(photos.test())
 *     .require("accuracy", 0.9)
 *     .require("recall.daisy", 0.8)
 *     .notWorse(true)
 *     .keep(5);
 * }</pre>
 *
 * @param base the folder that a server watches; made if it is not there
 * @param examples whose answers are known, and which the model did not learn from: on some the
 *     export has to answer as the model does, on all of them it is scored
 * @param required what the version has to reach at least, by the names of metrics, as {@link
 *     dev.graft.trainer.metric.Evaluation} has them: {@code accuracy}, {@code f1}, {@code
 *     head/accuracy} where there are several heads; {@code precision}, {@code recall} and {@code
 *     f1} of a label behind a dot ({@code recall.daisy}); what it must not exceed where less is
 *     better: {@code loss}, {@code mae}, {@code rmse}, {@code latency} (milliseconds for one
 *     answer) and {@code size} (megabytes)
 * @param notWorse whether the version has to be as good on these examples as the one that is
 *     published now, by accuracy, or what its kind of answer comes down to; a first version is
 * @param keep how many versions stay, with the new one; older ones are removed then, but for those
 *     that some process reads with Graft
 */
public record Publication(
    Path base,
    Optional<Dataset> examples,
    Map<String, Double> required,
    boolean notWorse,
    int keep) {

  private static final int ALL = Integer.MAX_VALUE;

  public Publication {
    requireNonNull(base, "base");
    requireNonNull(examples, "examples");
    if (keep < 1) {
      throw new BadRequestException(
          "at least the new version is kept, and " + keep + " asks for less.");
    }
    required = Collections.unmodifiableMap(new LinkedHashMap<>(required));
    required.forEach(
        (metric, bound) -> {
          if (bound.isNaN()) {
            throw new BadRequestException("for '" + metric + "' a number has to be asked for.");
          }
        });
  }

  /** A publication under {@code base} that nothing is asked of. */
  public static Publication to(Path base) {
    return new Publication(base, Optional.empty(), Map.of(), false, ALL);
  }

  /** This with examples. */
  public Publication examples(Dataset value) {
    requireNonNull(value, "examples");
    return new Publication(base, Optional.of(value), required, notWorse, keep);
  }

  /**
   * This with one thing more that is asked for.
   *
   * @throws BadRequestException if something is asked of this metric already
   */
  public Publication require(String metric, double bound) {
    requireNonNull(metric, "metric");
    Map<String, Double> more = new LinkedHashMap<>(required);
    if (more.put(metric, bound) != null) {
      throw new BadRequestException("'" + metric + "' is asked for twice; say it once.");
    }
    return new Publication(base, examples, more, notWorse, keep);
  }

  /** This with a say in whether the version has to be as good as the one published now. */
  public Publication notWorse(boolean value) {
    return new Publication(base, examples, required, value, keep);
  }

  /** This with so many versions that stay, with the new one: all if nothing is said. */
  public Publication keep(int value) {
    return new Publication(base, examples, required, notWorse, value);
  }

  /** This with nothing asked for. */
  public Publication ungated() {
    return new Publication(base, examples, Map.of(), false, keep);
  }

  /** Whether anything is asked for. */
  public boolean isGated() {
    return notWorse || !required.isEmpty();
  }

  /** Whether older versions are to go. */
  boolean removes() {
    return keep != ALL;
  }
}
