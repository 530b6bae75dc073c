package dev.graft.internal.boxes;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Ints;
import dev.graft.savedmodel.file.Durable;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much of each stretch of a training did the validation part good.
 *
 * @param stretches of the head first, then each below it; none if that is not known
 */
public record ChosenEpochs(List<Stretch> stretches) {

  private static final String FILE = "chosen.txt";
  private static final int LOSS = 5; // the column of the loss on validation
  private static final int ENOUGH = 10; // validation pictures, to tell when to end

  /** All of what was planned. */
  static final ChosenEpochs ALL = new ChosenEpochs(List.of());

  /**
   * One of them.
   *
   * @param best the epoch with the smallest loss, from 1 on; 0 if none did good
   * @param planned how many there were to be
   */
  public record Stretch(int best, int planned) {
    @Override
    public String toString() {
      return best + " of " + planned;
    }

    private static Stretch of(String line) {
      List<String> numbers = Splitter.on(" of ").splitToList(line);
      return new Stretch(Integer.parseInt(numbers.get(0)), Integer.parseInt(numbers.get(1)));
    }
  }

  public ChosenEpochs {
    stretches = ImmutableList.copyOf(stretches);
  }

  /** In words, where so many validation pictures say it. */
  public String words(int pictures) {
    return stretches.isEmpty()
        ? "it is learned for as long"
        : "the loss was smallest after "
            + Joiner.on(" and ").join(stretches)
            + " epochs, "
            + (pictures >= ENOUGH
                ? "and as large a part is learned"
                : "but so few pictures do not tell when to end, so all are learned");
  }

  /**
   * Those of the training whose table of epochs is {@code table}. They are kept beside it, since a
   * training that follows has to go on with the same ones, whatever becomes of the table.
   *
   * @param recipe what that training was given
   */
  public static ChosenEpochs by(Path table, Recipe recipe) throws IOException {
    Path kept = table.resolveSibling(FILE);
    if (!Files.exists(kept)) {
      ChosenEpochs read = read(table, recipe);
      String lines = Joiner.on('\n').join(read.stretches);
      Durable.replace(kept, lines.getBytes(StandardCharsets.UTF_8));
    }
    return new ChosenEpochs(
        Files.readAllLines(kept).stream()
            .filter(line -> !line.isBlank())
            .map(Stretch::of)
            .toList());
  }

  /** Of a table with other stretches than those of the recipe, one left out, nothing is known. */
  private static ChosenEpochs read(Path table, Recipe recipe) throws IOException {
    Map<Integer, Map<Integer, Double>> losses = new TreeMap<>();
    List<String> lines = Files.exists(table) ? Files.readAllLines(table) : List.of();
    for (String line : lines) {
      List<String> cells = Splitter.on(',').splitToList(line);
      Integer stretch = Ints.tryParse(cells.get(0));
      Integer epoch = cells.size() <= LOSS ? null : Ints.tryParse(cells.get(1));
      Double loss = cells.size() <= LOSS ? null : Doubles.tryParse(cells.get(LOSS));
      if (stretch != null && epoch != null && loss != null) {
        losses.computeIfAbsent(stretch, none -> new TreeMap<>()).put(epoch, loss);
      }
    }
    List<FineTune> planned = new ArrayList<>(List.of(recipe.head().steps()));
    planned.addAll(recipe.fineTunes());
    if (losses.size() != planned.size()) {
      return ALL;
    }
    List<Stretch> all = new ArrayList<>();
    double kept = Double.POSITIVE_INFINITY; // the loss of what was kept so far
    for (Map<Integer, Double> each : losses.values()) {
      int best = best(each);
      double loss = each.getOrDefault(best, Double.NaN);
      boolean good = all.isEmpty() || loss < kept; // the head is kept in any case
      all.add(new Stretch(good ? best : 0, planned.get(all.size()).epochs()));
      kept = good ? loss : kept;
    }
    return new ChosenEpochs(all);
  }

  /** The number of the epoch with the smallest loss, the first of several. */
  private static int best(Map<Integer, Double> losses) {
    return losses.entrySet().stream()
        .min(Map.Entry.comparingByValue()) // NaN comes last
        .orElseThrow()
        .getKey();
  }

  /**
   * This of so many validation pictures: too few do not tell when to end, so all epochs are learned
   * of what did any good.
   */
  public ChosenEpochs by(int pictures) {
    return pictures >= ENOUGH
        ? this
        : new ChosenEpochs(
            stretches.stream()
                .map(each -> each.best() == 0 ? each : new Stretch(each.planned(), each.planned()))
                .toList());
  }

  /**
   * {@code recipe} with those shares of its epochs, all of which are learned: what validates them
   * is learned from, and does not tell when to end.
   */
  public Recipe of(Recipe recipe) {
    Recipe shares = of(recipe, 1);
    return shares.head(shares.head().steps(whole(shares.head().steps()))).each(ChosenEpochs::whole);
  }

  private static FineTune whole(FineTune stretch) {
    return stretch.patience(Math.max(stretch.stop().patience(), stretch.epochs()));
  }

  /** The same with {@code times} as many epochs of the head. */
  Recipe of(Recipe recipe, double times) {
    Recipe.HeadSettings head = recipe.head();
    List<FineTune> below = new ArrayList<>();
    int number = 0;
    for (FineTune stretch : recipe.fineTunes()) {
      double share = share(++number);
      if (share > 0) { // else validation refused it
        below.add(shortened(stretch, share));
      }
    }
    return recipe
        .head(head.steps(shortened(head.steps(), times * share(0))))
        .then(below.toArray(new FineTune[0]));
  }

  private double share(int stretch) {
    if (stretch >= stretches.size()) {
      return 1;
    }
    return (double) stretches.get(stretch).best() / stretches.get(stretch).planned();
  }

  private static FineTune shortened(FineTune stretch, double times) {
    double epochs = Math.max(1, Math.rint(stretch.epochs() * times));
    double patience = Math.max(1, Math.ceil(stretch.stop().patience() * times));
    return stretch
        .epochs((int) Math.min(Integer.MAX_VALUE, epochs))
        .patience((int) Math.min(Integer.MAX_VALUE, patience));
  }
}
