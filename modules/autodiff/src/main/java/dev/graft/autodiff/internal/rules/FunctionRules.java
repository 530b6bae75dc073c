package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.function.BiFunction;

/** Elementwise functions of one variable: dx = dy * f'(x). */
final class FunctionRules {

  private FunctionRules() {}

  /** The derivative of a function at its input, which it may also express by its output. */
  private interface Slope {
    TensorRef at(TensorRef x, TensorRef y, Ops t);
  }

  static void addTo(RuleBook rules) {
    slope(rules, "Exp", (x, y, t) -> y);
    slope(rules, "Expm1", (x, y, t) -> t.call("Exp", x));
    slope(rules, "Log", (x, y, t) -> t.call("Reciprocal", x));
    slope(rules, "Log1p", (x, y, t) -> t.call("Reciprocal", t.add(x, 1)));
    slope(rules, "Sin", (x, y, t) -> t.call("Cos", x));
    slope(rules, "Cos", (x, y, t) -> t.neg(t.call("Sin", x)));
    slope(rules, "Tan", (x, y, t) -> t.add(t.square(y), 1));
    slope(rules, "Sinh", (x, y, t) -> t.call("Cosh", x));
    slope(rules, "Cosh", (x, y, t) -> t.call("Sinh", x));
    slope(rules, "Asin", (x, y, t) -> t.call("Rsqrt", oneMinus(t.square(x), t)));
    slope(rules, "Acos", (x, y, t) -> t.neg(t.call("Rsqrt", oneMinus(t.square(x), t))));
    slope(rules, "Atan", (x, y, t) -> t.call("Reciprocal", t.add(t.square(x), 1)));
    slope(rules, "Asinh", (x, y, t) -> t.call("Reciprocal", t.call("Cosh", y)));
    slope(rules, "Acosh", (x, y, t) -> t.call("Reciprocal", t.call("Sinh", y)));
    slope(rules, "Atanh", (x, y, t) -> t.call("Reciprocal", oneMinus(t.square(x), t)));
    slope(rules, "Erf", (x, y, t) -> t.mul(gauss(x, t), 2 / Math.sqrt(Math.PI)));
    slope(rules, "Erfc", (x, y, t) -> t.mul(gauss(x, t), -2 / Math.sqrt(Math.PI)));
    slope(rules, "Erfinv", (x, y, t) -> t.mul(t.call("Exp", t.square(y)), Math.sqrt(Math.PI) / 2));
    slope(
        rules,
        "Ndtri",
        (x, y, t) -> t.mul(t.call("Exp", t.mul(t.square(y), 0.5)), Math.sqrt(2 * Math.PI)));
    slope(rules, "Lgamma", (x, y, t) -> t.call("Digamma", x));
    slope(rules, "Digamma", (x, y, t) -> t.call("Polygamma", t.scalarLike(x, 1), x));
    slope(rules, "Expint", (x, y, t) -> t.call("RealDiv", t.call("Exp", x), x));
    slope(rules, "Dawsn", (x, y, t) -> oneMinus(t.mul(t.mul(x, y), 2), t));
    slope(rules, "Spence", FunctionRules::spence);
    slope(rules, "FresnelCos", (x, y, t) -> t.call("Cos", t.mul(t.square(x), Math.PI / 2)));
    slope(rules, "FresnelSin", (x, y, t) -> t.call("Sin", t.mul(t.square(x), Math.PI / 2)));
    complex(rules);
    bessel(rules);
    special(rules);
    gradients(rules);
  }

  /** Of the gradient kernels themselves, of an output y and its gradient. */
  private static void gradients(RuleBook rules) {
    rules.add(
        "SqrtGrad", // g / 2y
        (op, t) -> {
          TensorRef ratio = t.call("RealDiv", op.dy(), op.in(0));
          op.give(0, () -> t.neg(t.mul(t.conj(ratio), op.out(0))));
          op.give(1, () -> t.mul(ratio, 0.5));
        });
    rules.add(
        "RsqrtGrad", // -g y^3 / 2
        (op, t) -> {
          TensorRef y = t.conj(op.in(0));
          op.give(0, () -> t.mul(t.mul(t.conj(op.dy()), op.in(1)), t.mul(t.square(y), -1.5)));
          op.give(1, () -> t.call("RsqrtGrad", y, op.dy()));
        });
    for (String op : new String[] {"ReciprocalGrad", "InvGrad"}) { // -g y^2
      rules.add(
          op,
          (at, t) -> {
            TensorRef y = t.conj(at.in(0));
            at.give(0, () -> t.mul(t.mul(t.conj(at.dy()), at.in(1)), t.mul(y, -2)));
            at.give(1, () -> t.call(op, y, at.dy()));
          });
    }
  }

  private static void slope(RuleBook rules, String name, Slope slope) {
    rules.add(
        name, (op, t) -> op.give(0, t.mul(op.dy(), t.conj(slope.at(op.in(0), op.out(0), t)))));
  }

  private static TensorRef oneMinus(TensorRef x, Ops t) {
    return t.sub(t.scalarLike(x, 1), x);
  }

  private static TensorRef gauss(TensorRef x, Ops t) {
    return t.call("Exp", t.neg(t.square(x)));
  }

  /** log(x) / (1 - x), which is -1 at 1. */
  private static TensorRef spence(TensorRef x, TensorRef y, Ops t) {
    TensorRef one = t.scalarLike(x, 1);
    TensorRef slope = t.call("RealDiv", t.call("Log", x), t.sub(one, x));
    return t.where(t.call("Equal", x, one), t.scalarLike(x, -1), slope);
  }

  private static void complex(RuleBook rules) {
    rules.add("Conj", (op, t) -> op.give(0, t.conj(op.dy())));
    rules.add("Real", (op, t) -> op.give(0, complex(op, t, op.dy(), t.scalarLike(op.dy(), 0))));
    rules.add("Imag", (op, t) -> op.give(0, complex(op, t, t.scalarLike(op.dy(), 0), op.dy())));
    rules.add(
        "Complex",
        (op, t) -> {
          BiFunction<String, Integer, TensorRef> part =
              (kind, i) -> t.op(kind).input(op.dy()).attr("Tout", t.dtype(op.in(i))).output();
          op.reduce(0, () -> part.apply("Real", 0));
          op.reduce(1, () -> part.apply("Imag", 1));
        });
    rules.add(
        "ComplexAbs",
        (op, t) -> {
          TensorRef zero = t.scalarLike(op.dy(), 0);
          TensorRef weighted = t.mul(complex(op, t, op.dy(), zero), op.in(0));
          op.give(0, t.call("DivNoNan", weighted, complex(op, t, op.out(0), zero)));
        });
    rules.add(
        "Angle",
        (op, t) -> {
          DataTypeOf real = new DataTypeOf(op, t);
          TensorRef turned = complex(op, t, real.part("Imag"), real.part("Real"));
          TensorRef weight = complex(op, t, op.dy(), t.scalarLike(op.dy(), 0));
          op.give(0, t.neg(t.call("RealDiv", weight, turned)));
        });
  }

  /** The parts of a complex input. */
  private record DataTypeOf(Backprop op, Ops t) {
    TensorRef part(String kind) {
      return t.op(kind).input(op.in(0)).attr("Tout", t.dtype(op.dy())).output();
    }
  }

  private static TensorRef complex(Backprop op, Ops t, TensorRef real, TensorRef imaginary) {
    return t.op("Complex").input(real).input(imaginary).attr("Tout", t.dtype(op.in(0))).output();
  }

  private static void bessel(RuleBook rules) {
    slope(rules, "BesselI0", (x, y, t) -> t.call("BesselI1", x));
    slope(rules, "BesselJ0", (x, y, t) -> t.neg(t.call("BesselJ1", x)));
    slope(rules, "BesselY0", (x, y, t) -> t.neg(t.call("BesselY1", x)));
    slope(rules, "BesselK0", (x, y, t) -> t.neg(t.call("BesselK1", x)));
    slope(
        rules,
        "BesselI0e",
        (x, y, t) -> t.sub(t.call("BesselI1e", x), t.mul(t.call("Sign", x), y)));
    slope(rules, "BesselK0e", (x, y, t) -> t.sub(y, t.call("BesselK1e", x)));
    // f1' = f0 - f1/x, up to signs; the limit at zero is 1/2
    slope(
        rules,
        "BesselI1",
        (x, y, t) -> atZero(x, t.sub(t.call("BesselI0", x), t.call("DivNoNan", y, x)), t));
    slope(
        rules,
        "BesselJ1",
        (x, y, t) -> atZero(x, t.sub(t.call("BesselJ0", x), t.call("DivNoNan", y, x)), t));
    slope(
        rules,
        "BesselI1e",
        (x, y, t) -> {
          TensorRef ratio = t.add(t.call("Sign", x), t.call("Reciprocal", x));
          return atZero(x, t.sub(t.call("BesselI0e", x), t.mul(y, ratio)), t);
        });
    slope(rules, "BesselY1", (x, y, t) -> t.sub(t.call("BesselY0", x), t.call("RealDiv", y, x)));
    slope(
        rules,
        "BesselK1",
        (x, y, t) -> t.sub(t.neg(t.call("BesselK0", x)), t.call("RealDiv", y, x)));
    slope(
        rules,
        "BesselK1e",
        (x, y, t) -> t.sub(t.mul(y, oneMinus(t.call("Reciprocal", x), t)), t.call("BesselK0e", x)));
  }

  private static TensorRef atZero(TensorRef x, TensorRef slope, Ops t) {
    TensorRef zero = t.call("Equal", x, t.scalarLike(x, 0));
    return t.where(zero, t.scalarLike(x, 0.5), slope);
  }

  private static void special(RuleBook rules) {
    rules.add(
        "Igamma",
        (op, t) -> {
          op.reduce(0, () -> t.mul(t.call("IgammaGradA", op.in(0), op.in(1)), op.dy()));
          op.reduce(1, () -> t.mul(gammaDensity(op, t), op.dy()));
        });
    rules.add(
        "Igammac",
        (op, t) -> {
          op.reduce(0, () -> t.neg(t.mul(t.call("IgammaGradA", op.in(0), op.in(1)), op.dy())));
          op.reduce(1, () -> t.neg(t.mul(gammaDensity(op, t), op.dy())));
        });
    rules.onlyTo("Zeta", 1);
    rules.onlyTo("Polygamma", 1);
    rules.onlyTo("Betainc", 2);
    rules.add(
        "Zeta",
        (op, t) ->
            op.reduce(
                1,
                () -> {
                  TensorRef next = t.call("Zeta", t.add(op.in(0), 1), op.in(1));
                  return t.mul(t.neg(t.mul(op.in(0), next)), op.dy());
                }));
    rules.add(
        "Polygamma",
        (op, t) ->
            op.reduce(1, () -> t.mul(t.call("Polygamma", t.add(op.in(0), 1), op.in(1)), op.dy())));
    rules.add(
        "Betainc",
        (op, t) -> {
          TensorRef a = op.in(0);
          TensorRef b = op.in(1);
          TensorRef x = op.in(2);
          op.reduce(
              2,
              () -> {
                TensorRef logBeta =
                    t.sub(
                        t.add(t.call("Lgamma", a), t.call("Lgamma", b)),
                        t.call("Lgamma", t.add(a, b)));
                TensorRef one = t.scalarLike(x, 1);
                TensorRef left = t.call("Xlog1py", t.sub(b, one), t.neg(x));
                TensorRef right = t.call("Xlogy", t.sub(a, one), x);
                return t.mul(t.call("Exp", t.sub(t.add(left, right), logBeta)), op.dy());
              });
        });
  }

  /** The derivative of the regularised incomplete gamma function by its upper limit. */
  private static TensorRef gammaDensity(Backprop op, Ops t) {
    TensorRef a = op.in(0);
    TensorRef x = op.in(1);
    TensorRef power = t.call("Xlogy", t.sub(a, t.scalarLike(a, 1)), x);
    return t.call("Exp", t.sub(t.sub(power, x), t.call("Lgamma", a)));
  }
}
