package dev.graft.internal.gate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.data.Dataset;
import dev.graft.error.InputOutputException;
import dev.graft.error.RefusedException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.runtime.SavedModelSession;
import dev.graft.savedmodel.file.Durable;
import dev.graft.words.Figure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a version has to stand.
 *
 * @param bounds what it has to reach, by the names of metrics; what it must not exceed where less
 *     is better
 * @param notWorse whether it has to be as good as the version that is published now
 * @param base where versions are
 * @param examples of which one is asked about to measure how long that takes
 * @param scorer scores a version
 */
public record GateCheck(
    Map<String, Double> bounds,
    boolean notWorse,
    Path base,
    Optional<Dataset> examples,
    Figures.Scorer scorer) {

  /** Where in a version its scores are, by metric. */
  public static final String SCORES = "assets.extra/scores.json";

  private static final double MEGABYTE = 1e6;

  /**
   * Holds the version in {@code folder} against it.
   *
   * @param session the same, opened by TensorFlow's own loader, when it is free
   * @return what was asked for, and found
   * @throws RefusedException if it does not do
   */
  public List<Figure> on(Supplier<SavedModelSession> session, Path folder) {
    Figures found = measured(session, folder);
    List<Figure> all = new ArrayList<>();
    bounds.forEach(
        (metric, bound) ->
            all.add(
                new Figure(metric, found.value(metric), bound, found.isSmallerBetter(metric), "")));
    published().ifPresent(before -> all.add(against(before, found)));
    if (!all.stream().allMatch(Figure::holds)) {
      throw new RefusedException(all);
    }
    write(found, folder.resolve(SCORES));
    return all;
  }

  /** What it comes down to first. */
  private static void write(Figures found, Path file) {
    Map<String, Double> scores = new LinkedHashMap<>();
    Double first = found.values().get(found.deciding());
    if (first != null) { // of boxes there may be nothing to find
      scores.put(found.deciding(), first);
    }
    scores.putAll(found.values());
    scores.values().removeIf(value -> !Double.isFinite(value)); // which JSON does not have
    try {
      Durable.makeFolders(file.resolveSibling(".").normalize());
      Durable.write(file, new JsonMapper().writeValueAsBytes(scores));
    } catch (IOException e) {
      throw new InputOutputException(
          "'" + file + "' cannot be written (" + e.getMessage() + "); make room there.", e);
    }
  }

  /** The version that is published now, if that matters. */
  private Optional<Path> published() {
    return Optional.of(ModelFolder.version(base))
        .filter(version -> notWorse && !version.equals(base));
  }

  private Figure against(Path before, Figures found) {
    String metric = found.deciding();
    boolean less = found.isSmallerBetter(metric);
    double its = scorer.of(before).value(metric);
    double worst = less ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    return new Figure(
        metric,
        found.value(metric),
        Double.isNaN(its) ? worst : its, // any number beats none
        less,
        "version " + before.getFileName());
  }

  private Figures measured(Supplier<SavedModelSession> session, Path folder) {
    Figures found = scorer.of(folder);
    SavedModelSession exported = session.get(); // nothing else computes, and all files are there
    if (bounds.containsKey(Figures.LATENCY)) {
      found = found.with(Figures.LATENCY, Latency.of(exported, examples));
    }
    return bounds.containsKey(Figures.SIZE) ? found.with(Figures.SIZE, megabytes(folder)) : found;
  }

  /** What the files of a version take, in megabytes of a million bytes. */
  public static double megabytes(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      long bytes = 0;
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes / MEGABYTE;
    } catch (IOException | UncheckedIOException e) {
      throw new InputOutputException(
          "'" + folder + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }
}
