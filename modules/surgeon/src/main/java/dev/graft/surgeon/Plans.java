package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.TrainingPlan.Stretch;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Ready-made plans of what trains when. "The top" is counted in {@link Blocks}, from the head
 * downwards. A plan only says which variables train; the model stays as it is.
 */
public final class Plans {

  private Plans() {}

  /** The head alone. */
  public static TrainingPlan headOnly() {
    return new TrainingPlan(ImmutableList.of());
  }

  /**
   * The last {@code count} blocks.
   *
   * @param count from 1 to how many blocks there are
   * @throws BadRequestException if there are not as many
   */
  public static TrainingPlan topBlocks(Model model, int count) {
    return of(model, Where.lastBlocks(count));
  }

  /**
   * The last blocks, by their share of all: with 0.2 the last fifth, rounded up. Where there are no
   * blocks, the head alone.
   *
   * @param share above 0 to 1
   */
  public static TrainingPlan topShare(Model model, double share) {
    requireNonNull(model, "model");
    if (!(share > 0 && share <= 1)) {
      throw new BadRequestException(
          "a share of the blocks lies above 0 and up to 1, given " + share + ".");
    }
    List<Block> blocks = Blocks.of(model);
    return plan(stretch(model, blocks, TrainingPlan.count(share, blocks.size())));
  }

  /** The whole backbone at once. */
  public static TrainingPlan everything(Model model) {
    return topShare(model, 1);
  }

  /**
   * Gradual unfreezing: the last blocks, then more with each stretch, all of them in the last one.
   *
   * @param stretches in how many, at least 1; fewer where there are fewer blocks
   */
  public static TrainingPlan gradual(Model model, int stretches) {
    requireNonNull(model, "model");
    if (stretches < 1) {
      throw new BadRequestException("unfreezing takes at least 1 stretch, not " + stretches + ".");
    }
    List<Block> blocks = Blocks.of(model);
    int[] counts =
        IntStream.rangeClosed(1, stretches)
            .map(i -> (int) Math.ceil((double) i * blocks.size() / stretches))
            .distinct()
            .toArray();
    List<Stretch> found = new ArrayList<>();
    for (int count : counts) {
      found.add(stretch(model, blocks, count));
    }
    return plan(found.toArray(Stretch[]::new));
  }

  /**
   * What each selection hits, one after the other; what belongs to a head or cannot train is left
   * out, and so is what its author {@link Variable#fixed fixed}, unless it is named.
   *
   * @throws BadRequestException if one hits nothing that can train
   */
  public static TrainingPlan of(Model model, Where... stretches) {
    requireNonNull(model, "model");
    requireNonNull(stretches, "stretches");
    ImmutableSet<String> backbone =
        Blocks.of(model).stream()
            .flatMap(block -> block.variables().stream())
            .collect(ImmutableSet.toImmutableSet());
    List<Stretch> found = new ArrayList<>();
    for (Where where : stretches) {
      Selection selection = where.in(model);
      ImmutableSet<String> hit =
          model.variables().stream()
              .filter(v -> backbone.contains(v.name()) && selection.lets(v))
              .map(Variable::name)
              .collect(ImmutableSet.toImmutableSet());
      if (hit.isEmpty()) {
        throw new BadRequestException(
            "'"
                + where
                + "' hits nothing of "
                + model.name()
                + "'s backbone that can train; 'last block' is the least.");
      }
      found.add(new Stretch(where.toString(), hit));
    }
    return plan(found.toArray(Stretch[]::new));
  }

  private static Stretch stretch(Model model, List<Block> blocks, int count) {
    String name =
        count == blocks.size()
            ? "all blocks"
            : count == 1 ? "last block" : String.format(Locale.ROOT, "last %d blocks", count);
    return new Stretch(
        name, variables(model, blocks.subList(blocks.size() - count, blocks.size())));
  }

  private static ImmutableSet<String> variables(Model model, List<Block> blocks) {
    return blocks.stream()
        .flatMap(block -> block.variables().stream())
        .filter(name -> model.variable(name).filter(Variable::canTrain).isPresent())
        .collect(ImmutableSet.toImmutableSet());
  }

  private static TrainingPlan plan(Stretch... stretches) {
    ImmutableList<Stretch> some =
        List.of(stretches).stream()
            .filter(stretch -> !stretch.variables().isEmpty())
            .collect(ImmutableList.toImmutableList());
    return new TrainingPlan(some);
  }
}
