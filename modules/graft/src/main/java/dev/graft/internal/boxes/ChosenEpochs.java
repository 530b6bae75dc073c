package dev.graft.internal.boxes;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Ints;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much of each stretch of a training did the validation part good.
 *
 * @param stretches of the head first, then each below it
 */
public record ChosenEpochs(List<Stretch> stretches) {

  /**
   * One of them.
   *
   * @param best the epoch with the smallest loss, from 1 on
   * @param run how many there were
   */
  public record Stretch(int best, int run) {
    @Override
    public String toString() {
      return best + " of " + run;
    }
  }

  public ChosenEpochs {
    stretches = ImmutableList.copyOf(stretches);
  }

  /** In words. */
  public String words() {
    return "its loss was smallest after "
        + Joiner.on(" and ").join(stretches)
        + " epochs, and so long is learned";
  }

  /**
   * Reads them from the table that {@link dev.graft.trainer.listener.CsvLog} writes, which a
   * training that was killed has, too.
   */
  public static ChosenEpochs read(Path table) throws IOException {
    Map<Integer, List<Double>> losses = new TreeMap<>();
    List<String> lines = Files.exists(table) ? Files.readAllLines(table) : List.of();
    for (String line : lines) {
      List<String> cells = Splitter.on(',').splitToList(line);
      Integer stretch = Ints.tryParse(cells.get(0));
      Double loss = cells.size() < 6 ? null : Doubles.tryParse(cells.get(5));
      if (stretch != null && loss != null) {
        losses.computeIfAbsent(stretch, none -> new ArrayList<>()).add(loss);
      }
    }
    return new ChosenEpochs(losses.values().stream().map(ChosenEpochs::stretch).toList());
  }

  private static Stretch stretch(List<Double> losses) {
    int best = 0;
    for (int i = 1; i < losses.size(); i++) {
      if (losses.get(i) < losses.get(best) || Double.isNaN(losses.get(best))) {
        best = i;
      }
    }
    return new Stretch(best + 1, losses.size());
  }

  /** {@code recipe} with {@code times} those shares of its epochs. */
  public Recipe of(Recipe recipe, double times) {
    Recipe.HeadSettings head = recipe.head();
    List<FineTune> below = new ArrayList<>();
    for (FineTune stretch : recipe.fineTunes()) {
      below.add(shortened(stretch, times * share(below.size() + 1)));
    }
    return recipe
        .head(head.steps(shortened(head.steps(), times * share(0))))
        .then(below.toArray(new FineTune[0]));
  }

  private double share(int stretch) {
    if (stretch >= stretches.size()) {
      return 1;
    }
    return (double) stretches.get(stretch).best() / stretches.get(stretch).run();
  }

  private static FineTune shortened(FineTune stretch, double times) {
    double epochs = Math.max(1, Math.rint(stretch.epochs() * times));
    double patience = Math.max(1, Math.ceil(stretch.stop().patience() * times));
    return stretch
        .epochs((int) Math.min(Integer.MAX_VALUE, epochs))
        .patience((int) Math.min(Integer.MAX_VALUE, patience));
  }
}
