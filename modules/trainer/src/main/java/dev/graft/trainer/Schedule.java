package dev.graft.trainer;

import dev.graft.model.BadRequestException;
import java.util.List;

/**
 * The learning rate over time: a function of where training stands, so that resuming needs nothing
 * but that.
 */
public sealed interface Schedule {

  /** The rate for the next step. */
  double rate(Position position);

  /**
   * Where training stands.
   *
   * @param step how many steps are done
   * @param steps how many are planned
   * @param validationLosses the loss on the validation part after each epoch so far
   */
  record Position(long step, long steps, List<Double> validationLosses) {}

  /** Always the same. */
  static Schedule constant(double rate) {
    return new Constant(rate);
  }

  /** From {@code rate} along half a cosine down to 0. */
  static Schedule cosine(double rate) {
    return new Cosine(rate, 0);
  }

  /** This schedule, with the rate rising linearly from 0 over the first {@code steps}. */
  default Schedule warmUp(long steps) {
    return new WarmUp(steps, this);
  }

  /**
   * Always the same.
   *
   * @param rate the rate
   */
  record Constant(double rate) implements Schedule {
    public Constant {
      check(rate);
    }

    @Override
    public double rate(Position position) {
      return rate;
    }
  }

  /**
   * Half a cosine (Loshchilov and Hutter 2016).
   *
   * @param rate where it starts
   * @param floor where it ends, as a share of {@code rate}; Keras' {@code alpha}
   */
  record Cosine(double rate, double floor) implements Schedule {
    public Cosine {
      check(rate);
    }

    @Override
    public double rate(Position position) {
      double done = Math.min(1, (double) position.step() / Math.max(1, position.steps()));
      return rate * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
    }
  }

  /**
   * A linear rise before another schedule, which then has the rest of the steps.
   *
   * @param warmUp how many steps it takes
   * @param then what follows
   */
  record WarmUp(long warmUp, Schedule then) implements Schedule {
    @Override
    public double rate(Position position) {
      long rest = Math.max(0, position.steps() - warmUp);
      long step = Math.max(0, position.step() - warmUp);
      double after = then.rate(new Position(step, rest, position.validationLosses()));
      return position.step() < warmUp ? after * (position.step() + 1) / (warmUp + 1) : after;
    }
  }

  private static void check(double rate) {
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new BadRequestException("a learning rate is 0 or more, not " + rate + ".");
    }
  }
}
