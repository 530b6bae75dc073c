package dev.graft.trainer.optimizer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.Recipe;
import dev.graft.words.Remedy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * Which share of the learning rate each part of a model has (discriminative fine-tuning, Howard and
 * Ruder 2018). The head has all of it.
 *
 * @param chosen how much of the rate of a block the block before it has, above 0 to 1; with 1 all
 *     have the same. Empty if nobody said: 1, but where {@link Recipe#auto} takes {@link
 *     Recipe#gradual} that recipe's
 * @param named shares, 0 to 1, by regular expressions: a variable in whose name one is found has
 *     the share of the first such, whatever block it is in, and in the head too
 */
public record LayerRates(OptionalDouble chosen, Map<String, Double> named) {

  public LayerRates {
    named = ImmutableMap.copyOf(named);
    double decay = chosen.orElse(1);
    if (!(decay > 0 && decay <= 1)) {
      throw new BadRequestException(
          "the decay of rates from block to block is above 0 and up to 1, given " + decay + ".",
          Remedy.LAYER_DECAY);
    }
    named.forEach(
        (pattern, share) -> {
          if (!(share >= 0 && share <= 1)) {
            throw new BadRequestException(
                "the share of the rate that '"
                    + pattern
                    + "' has lies between 0 and 1, given "
                    + share
                    + ".");
          }
        });
    NamePatterns.check("layer rates have a share for", named.keySet());
  }

  /** As the recipe has it. */
  public static LayerRates usual() {
    return new LayerRates(OptionalDouble.empty(), ImmutableMap.of());
  }

  /** The same rate for all. */
  public static LayerRates even() {
    return falling(1);
  }

  /** Rates that fall from the head to the first block. */
  public static LayerRates falling(double decay) {
    return new LayerRates(OptionalDouble.of(decay), ImmutableMap.of());
  }

  /** These, with a share for all variables in whose name {@code pattern} is found. */
  public LayerRates with(String pattern, double share) {
    requireNonNull(pattern, "pattern");
    Map<String, Double> more = new LinkedHashMap<>(named);
    more.put(pattern, share);
    return new LayerRates(chosen, ImmutableMap.copyOf(more));
  }

  /** How much of the rate of a block the block before it has. */
  public double decay() {
    return chosen.orElse(1);
  }

  /** These, with the decay of {@code recipe} where none was chosen. */
  public LayerRates or(LayerRates recipe) {
    requireNonNull(recipe, "recipe");
    return chosen.isPresent() ? this : new LayerRates(recipe.chosen, named);
  }

  /**
   * The share of one variable.
   *
   * @param below how many blocks below the head it is, 0 in the head
   */
  public double of(String variable, int below) {
    requireNonNull(variable, "variable");
    Optional<Double> share =
        named.entrySet().stream()
            .filter(entry -> Pattern.compile(entry.getKey()).matcher(variable).find())
            .map(Map.Entry::getValue)
            .findFirst();
    return share.orElse(Math.pow(decay(), below));
  }
}
