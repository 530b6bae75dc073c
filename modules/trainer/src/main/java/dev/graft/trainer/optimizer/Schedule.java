package dev.graft.trainer.optimizer;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import java.util.List;

/**
 * The learning rate over time, as a share of the highest one, {@link FineTune#rate}. A function of
 * where training stands and of nothing else, so that resuming needs nothing but that. In the
 * formulas s is the number of steps done, S the number planned.
 */
public sealed interface Schedule {

  /** The share of the rate that the next step takes, 0 to 1. */
  double share(Position position);

  /**
   * Where training stands.
   *
   * @param step how many steps are done
   * @param steps how many are planned
   * @param validationLosses the loss on the validation part after each epoch so far
   */
  record Position(long step, long steps, List<Double> validationLosses) {

    /** How much of the plan is done, 0 to 1. */
    double done() {
      return Math.min(1, (double) step / Math.max(1, steps));
    }
  }

  /** Always the whole rate. */
  static Schedule constant() {
    return new Constant();
  }

  /** Along half a cosine down to 0. */
  static Schedule cosine() {
    return new Cosine(0);
  }

  /** Less by {@code factor} after every {@code steps} steps, all at once. */
  static Schedule step(long steps, double factor) {
    return new Exponential(steps, factor, true);
  }

  /** Less by {@code factor} over every {@code steps} steps, little by little. */
  static Schedule exponential(long steps, double factor) {
    return new Exponential(steps, factor, false);
  }

  /** Along a straight line down to 0; with another power along a curve. */
  static Schedule polynomial(double power) {
    return new Polynomial(power, 0);
  }

  /** Up over the first third and down to almost nothing after. */
  static Schedule oneCycle() {
    return new OneCycle(0.3, 1.0 / 25, 1.0 / 25e4);
  }

  /**
   * A tenth whenever the validation loss was not smaller for {@code patience} epochs. Where {@link
   * EarlyStop} has no more patience than that, training ends before.
   */
  static Schedule reduceOnPlateau(int patience) {
    return new ReduceOnPlateau(patience, 0.1, 1e-4, 0);
  }

  /**
   * A schedule by its name: {@code constant}, {@code cosine}, {@code linear}, {@code one-cycle}, or
   * one with numbers, {@code polynomial:POWER}, {@code step:STEPS:FACTOR}, {@code
   * exponential:STEPS:FACTOR}, {@code plateau:EPOCHS}.
   *
   * @throws BadRequestException if there is none of that name
   */
  static Schedule parse(String text) {
    requireNonNull(text, "text");
    List<String> words = Splitter.on(':').splitToList(text);
    try {
      switch (words.get(0) + "/" + (words.size() - 1)) {
        case "constant/0":
          return constant();
        case "cosine/0":
          return cosine();
        case "linear/0":
          return polynomial(1);
        case "one-cycle/0":
          return oneCycle();
        case "polynomial/1":
          return polynomial(Double.parseDouble(words.get(1)));
        case "plateau/1":
          return reduceOnPlateau(Integer.parseInt(words.get(1)));
        case "step/2":
          return step(Long.parseLong(words.get(1)), Double.parseDouble(words.get(2)));
        case "exponential/2":
          return exponential(Long.parseLong(words.get(1)), Double.parseDouble(words.get(2)));
        default:
          throw new NumberFormatException();
      }
    } catch (NumberFormatException e) {
      throw new BadRequestException(
          "'"
              + text
              + "' is no schedule; take constant, cosine, linear, one-cycle, polynomial:POWER,"
              + " step:STEPS:FACTOR, exponential:STEPS:FACTOR or plateau:EPOCHS.",
          e);
    }
  }

  /** This schedule after a linear rise over the first {@code part} of all steps, 0 to 1. */
  default Schedule warmUp(double part) {
    return new WarmUp(part, this);
  }

  /** {@code 1}. */
  record Constant() implements Schedule {
    @Override
    public double share(Position position) {
      return 1;
    }
  }

  /**
   * {@code floor + (1 - floor) (1 + cos(pi s/S)) / 2} (Loshchilov and Hutter 2016; Keras'
   * CosineDecay).
   *
   * @param floor where it ends, 0 to 1; Keras' {@code alpha}
   */
  record Cosine(double floor) implements Schedule {
    public Cosine {
      check("floor", floor);
    }

    @Override
    public double share(Position position) {
      return floor + (1 - floor) * (1 + Math.cos(Math.PI * position.done())) / 2;
    }
  }

  /**
   * {@code factor ^ (s / every)}, the exponent rounded down if it goes in jumps (Keras'
   * ExponentialDecay with {@code decay_rate}, {@code decay_steps}, {@code staircase}).
   *
   * @param every after how many steps the rate is {@code factor} times what it was
   * @param factor above 0, up to 1
   * @param jumps whether it changes only then
   */
  record Exponential(long every, double factor, boolean jumps) implements Schedule {
    public Exponential {
      check("factor", factor);
      if (every < 1) {
        throw new BadRequestException("a rate falls every 1 step or more, not " + every + ".");
      }
    }

    @Override
    public double share(Position position) {
      double times = (double) position.step() / every;
      return Math.pow(factor, jumps ? Math.floor(times) : times);
    }
  }

  /**
   * The i-th share while {@code s <=} the i-th boundary, the last one after it (Keras'
   * PiecewiseConstantDecay).
   *
   * @param boundaries steps, rising
   * @param shares one more than boundaries
   */
  record Piecewise(List<Long> boundaries, List<Double> shares) implements Schedule {
    public Piecewise {
      boundaries = ImmutableList.copyOf(boundaries);
      shares = ImmutableList.copyOf(shares);
      shares.forEach(share -> check("share", share));
      if (shares.size() != boundaries.size() + 1
          || !boundaries.equals(ImmutableList.sortedCopyOf(boundaries))) {
        throw new BadRequestException(
            "a rate in pieces has rising boundaries and one share more than these, given "
                + boundaries
                + " and "
                + shares
                + ".");
      }
    }

    @Override
    public double share(Position position) {
      int piece = (int) boundaries.stream().filter(b -> position.step() > b).count();
      return shares.get(piece);
    }
  }

  /**
   * {@code floor + (1 - floor) (1 - s/S) ^ power} (Keras' PolynomialDecay).
   *
   * @param power 1 for a straight line
   * @param floor where it ends, 0 to 1
   */
  record Polynomial(double power, double floor) implements Schedule {
    public Polynomial {
      check("floor", floor);
      if (!(power > 0)) {
        throw new BadRequestException("the power of a schedule is above 0, not " + power + ".");
      }
    }

    @Override
    public double share(Position position) {
      return floor + (1 - floor) * Math.pow(1 - position.done(), power);
    }
  }

  /**
   * From {@code start} up to 1 along half a cosine over the first {@code rise} of the steps, then
   * down to {@code end} along another (Smith and Topin 2017, in the two-phase form of fastai and of
   * PyTorch's OneCycleLR, whose defaults are rise 0.3, start 1/25 and end 1/25e4).
   *
   * @param rise which part of the steps goes up, above 0 and below 1
   * @param start the share that it starts with
   * @param end the share that it ends with
   */
  record OneCycle(double rise, double start, double end) implements Schedule {
    public OneCycle {
      check("start", start);
      check("end", end);
      if (!(rise > 0 && rise < 1)) {
        throw new BadRequestException(
            "the rising part of one cycle lies between 0 and 1, given " + rise + ".");
      }
    }

    @Override
    public double share(Position position) {
      double last = Math.max(1, position.steps() - 1); // as PyTorch: the last step has the end
      double top = Math.max(1e-9, rise * position.steps() - 1);
      double step = Math.min(position.step(), last);
      return step <= top
          ? between(start, 1, step / top)
          : between(1, end, (step - top) / Math.max(1e-9, last - top));
    }

    private static double between(double from, double to, double part) {
      return to + (from - to) * (1 + Math.cos(Math.PI * part)) / 2;
    }
  }

  /**
   * {@code max(floor, factor ^ n)}, where n counts how often the validation loss was not smaller by
   * {@code least} than the best before it for {@code patience} epochs in a row (Keras'
   * ReduceLROnPlateau with {@code cooldown=0}). It is counted anew from all losses so far.
   *
   * @param patience epochs, 1 or more
   * @param factor above 0, up to 1
   * @param least by how much smaller a loss must be to count; Keras' {@code min_delta}
   * @param floor the least share
   */
  record ReduceOnPlateau(int patience, double factor, double least, double floor)
      implements Schedule {
    public ReduceOnPlateau {
      check("factor", factor);
      check("floor", floor);
      if (patience < 1 || !(least >= 0)) {
        throw new BadRequestException(
            "a plateau lasts 1 epoch or more and a loss is smaller by 0 or more, given "
                + patience
                + " and "
                + least
                + ".");
      }
    }

    @Override
    public double share(Position position) {
      double share = 1;
      double best = Double.POSITIVE_INFINITY;
      int waited = 0;
      for (double loss : position.validationLosses()) {
        waited++;
        if (loss < best - least) {
          best = loss;
          waited = 0;
        }
        if (waited >= patience) {
          share = Math.max(floor, share * factor);
          waited = 0;
        }
      }
      return share;
    }
  }

  /**
   * A linear rise before another schedule, which then has the rest of the steps: with w the steps
   * that the rise takes, {@code (s + 1) / (w + 1)} times where the other begins (Goyal et al. 2017;
   * no step is lost at a rate of 0).
   *
   * @param part which part of all steps it takes, 0 to 1
   * @param then what follows
   */
  record WarmUp(double part, Schedule then) implements Schedule {
    public WarmUp {
      check("warm-up", part);
    }

    @Override
    public double share(Position position) {
      long rise = (long) (part * position.steps());
      long step = Math.max(0, position.step() - rise);
      double after =
          then.share(new Position(step, position.steps() - rise, position.validationLosses()));
      return position.step() < rise ? after * (position.step() + 1) / (rise + 1) : after;
    }
  }

  private static void check(String what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new BadRequestException(
          "the " + what + " of a schedule lies between 0 and 1, not " + value + ".");
    }
  }
}
