package dev.graft.trainer.optimizer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.util.List;

/**
 * How gradients change weights. Hyper-parameters, defaults and results are those of Keras 2.15; the
 * arithmetic is done by TensorFlow's own fused kernels. How fast it goes, the {@link Schedule}
 * says.
 */
public sealed interface Optimizer {

  /** What each weight loses by itself at every step. */
  WeightDecay decay();

  /** This optimizer with another weight decay. */
  Optimizer decay(WeightDecay value);

  /** The variables that it keeps for each weight. */
  @Internal
  List<Slot> slots();

  /** Adds the node that changes one weight, and gives its name. */
  @Internal
  String apply(WeightUpdate update);

  /**
   * A variable that an optimizer keeps for each weight, of its shape and dtype.
   *
   * @param name what Keras calls it
   * @param start its first value
   */
  @Internal
  record Slot(String name, double start) {}

  /**
   * Decoupled weight decay (Loshchilov and Hutter 2017): before each update a weight is reduced by
   * {@code strength * rate} of itself.
   *
   * @param strength 0 for none
   * @param excluded regular expressions; a variable in whose name one is found is left out
   */
  record WeightDecay(double strength, List<String> excluded) {

    /** No decay. */
    public static final WeightDecay NONE = new WeightDecay(0, ImmutableList.of());

    public WeightDecay {
      excluded = ImmutableList.copyOf(excluded);
      if (!(strength >= 0)) {
        throw new BadRequestException("weight decay is 0 or more, not " + strength + ".");
      }
      NamePatterns.check("weight decay leaves out", excluded);
    }

    /** A decay of all weights. */
    public static WeightDecay of(double strength) {
      return new WeightDecay(strength, ImmutableList.of());
    }

    /** This decay without the variables in whose name {@code patterns} are found. */
    public WeightDecay except(String... patterns) {
      return new WeightDecay(strength, ImmutableList.copyOf(patterns));
    }
  }

  /**
   * An optimizer by its name: {@code sgd}, {@code momentum} (0.9), {@code nesterov} (0.9), {@code
   * adam}, {@code amsgrad}, {@code adamw}, {@code rmsprop}, {@code adagrad}.
   *
   * @throws BadRequestException if there is none of that name
   */
  static Optimizer named(String name) {
    requireNonNull(name, "name");
    return switch (name) {
      case "sgd" -> sgd();
      case "momentum" -> sgd(0.9);
      case "nesterov" -> sgd(0.9).nesterov(true);
      case "adam" -> adam();
      case "amsgrad" -> adam().amsgrad(true);
      case "adamw" -> adamW();
      case "rmsprop" -> rmsProp();
      case "adagrad" -> adagrad();
      default ->
          throw new BadRequestException(
              "there is no optimizer '"
                  + name
                  + "'; take sgd, momentum, nesterov, adam, amsgrad, adamw, rmsprop or adagrad.");
    };
  }

  /** Plain gradient descent. */
  static Sgd sgd() {
    return new Sgd(0, false, WeightDecay.NONE);
  }

  /** Gradient descent with momentum. */
  static Sgd sgd(double momentum) {
    return new Sgd(momentum, false, WeightDecay.NONE);
  }

  /** Adam with Keras' defaults. */
  static Adam adam() {
    return new Adam(0.9, 0.999, 1e-7, false, WeightDecay.NONE);
  }

  /** Adam with decoupled weight decay and Keras' defaults. */
  static Adam adamW() {
    return new Adam(0.9, 0.999, 1e-7, false, WeightDecay.of(0.004));
  }

  /** RMSprop with Keras' defaults. */
  static RmsProp rmsProp() {
    return new RmsProp(0.9, 0, 1e-7, false, WeightDecay.NONE);
  }

  /** Adagrad with Keras' defaults. */
  static Adagrad adagrad() {
    return new Adagrad(0.1, 1e-7, WeightDecay.NONE);
  }

  /**
   * Gradient descent.
   *
   * @param momentum how much of the last step is repeated, from 0 to 1
   * @param nesterov whether the gradient counts as taken after that (Sutskever et al. 2013)
   */
  record Sgd(double momentum, boolean nesterov, WeightDecay decay) implements Optimizer {

    public Sgd {
      checkShare("momentum", momentum);
    }

    /** This optimizer with Nesterov's momentum or without. */
    public Sgd nesterov(boolean value) {
      return new Sgd(momentum, value, decay);
    }

    @Override
    public Sgd decay(WeightDecay value) {
      return new Sgd(momentum, nesterov, value);
    }

    @Internal
    @Override
    public List<Slot> slots() {
      return momentum == 0 ? ImmutableList.of() : ImmutableList.of(new Slot("m", 0));
    }

    @Internal
    @Override
    public String apply(WeightUpdate u) {
      if (momentum == 0 && u.isSparse()) {
        return u.op("ResourceScatterSub")
            .input(u.weight())
            .input(u.indices())
            .input(u.scope().add("Mul", u.values(), u.rate()))
            .node();
      }
      if (momentum == 0) {
        return u.op("ResourceApplyGradientDescent")
            .input(u.weight())
            .input(u.rate())
            .input(u.dense())
            .node();
      }
      return u.op("ResourceApplyKerasMomentum")
          .input(u.weight())
          .input(u.slot("m"))
          .input(u.rate())
          .input(u.dense())
          .input(u.keras(momentum))
          .attr("use_nesterov", nesterov)
          .node();
    }
  }

  /**
   * Adam (Kingma and Ba 2014).
   *
   * @param beta1 how much of the mean gradient is kept at each step
   * @param beta2 how much of the mean squared gradient is kept at each step
   * @param epsilon added to the root of the latter
   * @param amsgrad whether the largest such mean so far is used (Reddi et al. 2018)
   */
  record Adam(double beta1, double beta2, double epsilon, boolean amsgrad, WeightDecay decay)
      implements Optimizer {

    public Adam {
      checkShare("beta1", beta1);
      checkShare("beta2", beta2);
    }

    /** This optimizer in the AMSGrad variant or not. */
    public Adam amsgrad(boolean value) {
      return new Adam(beta1, beta2, epsilon, value, decay);
    }

    @Override
    public Adam decay(WeightDecay value) {
      return new Adam(beta1, beta2, epsilon, amsgrad, value);
    }

    @Internal
    @Override
    public List<Slot> slots() {
      ImmutableList.Builder<Slot> slots = ImmutableList.builder();
      slots.add(new Slot("m", 0), new Slot("v", 0));
      return amsgrad ? slots.add(new Slot("vhat", 0)).build() : slots.build();
    }

    @Internal
    @Override
    public String apply(WeightUpdate u) {
      var op = u.op(amsgrad ? "ResourceApplyAdamWithAmsgrad" : "ResourceApplyAdam");
      op.input(u.weight()).input(u.slot("m")).input(u.slot("v"));
      if (amsgrad) {
        op.input(u.slot("vhat"));
      }
      return op.input(u.power(beta1))
          .input(u.power(beta2))
          .input(u.rate())
          .input(u.number(beta1))
          .input(u.number(beta2))
          .input(u.number(epsilon))
          .input(u.dense())
          .node();
    }
  }

  /**
   * RMSprop (Tieleman and Hinton 2012).
   *
   * @param rho how much of the mean squared gradient is kept at each step
   * @param momentum how much of the last step is repeated
   * @param epsilon added to the mean squared gradient
   * @param centered whether the squared mean gradient is taken off it
   */
  record RmsProp(double rho, double momentum, double epsilon, boolean centered, WeightDecay decay)
      implements Optimizer {

    public RmsProp {
      checkShare("rho", rho);
      checkShare("momentum", momentum);
    }

    /** This optimizer with momentum. */
    public RmsProp momentum(double value) {
      return new RmsProp(rho, value, epsilon, centered, decay);
    }

    /** This optimizer in its centered form or not. */
    public RmsProp centered(boolean value) {
      return new RmsProp(rho, momentum, epsilon, value, decay);
    }

    @Override
    public RmsProp decay(WeightDecay value) {
      return new RmsProp(rho, momentum, epsilon, centered, value);
    }

    @Internal
    @Override
    public List<Slot> slots() {
      // the kernels always keep the momentum, also where it is 0
      ImmutableList.Builder<Slot> slots = ImmutableList.builder();
      slots.add(new Slot("velocity", 0), new Slot("momentum", 0));
      return centered ? slots.add(new Slot("average_gradient", 0)).build() : slots.build();
    }

    @Internal
    @Override
    public String apply(WeightUpdate u) {
      var op = u.op(centered ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp");
      op.input(u.weight());
      if (centered) {
        op.input(u.slot("average_gradient"));
      }
      return op.input(u.slot("velocity"))
          .input(u.slot("momentum"))
          .input(u.rate())
          .input(u.number(rho))
          .input(u.number(momentum))
          .input(u.number(epsilon))
          .input(u.dense())
          .node();
    }
  }

  /**
   * Adagrad (Duchi et al. 2011).
   *
   * @param initialAccumulator where the sums of squared gradients start
   * @param epsilon added to these sums
   */
  record Adagrad(double initialAccumulator, double epsilon, WeightDecay decay)
      implements Optimizer {

    @Override
    public Adagrad decay(WeightDecay value) {
      return new Adagrad(initialAccumulator, epsilon, value);
    }

    @Internal
    @Override
    public List<Slot> slots() {
      // Keras divides by sqrt(sum + epsilon), the kernels by sqrt(sum), or in their second version
      // by sqrt(sum) + epsilon; so epsilon is in the sum from the start
      return ImmutableList.of(new Slot("accumulator", initialAccumulator + epsilon));
    }

    @Internal
    @Override
    public String apply(WeightUpdate u) {
      var op = u.op(u.isSparse() ? "ResourceSparseApplyAdagrad" : "ResourceApplyAdagrad");
      op.input(u.weight()).input(u.slot("accumulator")).input(u.rate());
      return u.isSparse()
          ? op.input(u.values()).input(u.indices()).node()
          : op.input(u.dense()).node();
    }
  }

  private static void checkShare(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new BadRequestException(name + " lies between 0 and 1, not " + value + ".");
    }
  }
}
