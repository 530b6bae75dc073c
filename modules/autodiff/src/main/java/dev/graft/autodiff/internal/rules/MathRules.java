package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import org.tensorflow.proto.DataType;

/** Elementwise arithmetic, with broadcasting. */
final class MathRules {

  private MathRules() {}

  static void addTo(RuleBook rules) {
    binary(rules);
    powers(rules);
    choices(rules);
    rules.add((op, t) -> op.give(0, t.neg(op.dy())), "Neg");
    rules.add(
        (op, t) -> op.give(0, t.mul(op.dy(), t.conj(t.mul(t.scalarLike(op.in(0), 2), op.in(0))))),
        "Square");
    rules.add((op, t) -> op.give(0, t.mul(op.dy(), t.call("Sign", op.in(0)))), "Abs");
    rules.add((op, t) -> op.give(0, t.zerosLike(op.in(0))), "Sign");
    rules.add((op, t) -> op.give(0, t.call("SqrtGrad", t.conj(op.out(0)), op.dy())), "Sqrt");
    rules.add((op, t) -> op.give(0, t.call("RsqrtGrad", t.conj(op.out(0)), op.dy())), "Rsqrt");
    rules.add(
        (op, t) -> op.give(0, t.call("ReciprocalGrad", t.conj(op.out(0)), op.dy())),
        "Reciprocal",
        "Inv");
    rules.add(MathRules::cast, "Cast");
    rules.add(
        (op, t) -> {
          for (int i = 0; i < op.inputCount(); i++) {
            op.give(i, op::dy);
          }
        },
        "AddN",
        "AccumulateNV2");
  }

  private static void binary(RuleBook rules) {
    rules.add(
        (op, t) -> {
          op.reduce(0, op::dy);
          op.reduce(1, op::dy);
        },
        "Add",
        "AddV2");
    rules.add(
        "Sub",
        (op, t) -> {
          op.reduce(0, op::dy);
          op.reduce(1, () -> t.neg(op.dy()));
        });
    rules.add(
        "Mul",
        (op, t) -> {
          op.reduce(0, () -> t.mul(op.dy(), t.conj(op.in(1))));
          op.reduce(1, () -> t.mul(t.conj(op.in(0)), op.dy()));
        });
    rules.add(
        "MulNoNan",
        (op, t) -> {
          op.reduce(0, () -> t.call("MulNoNan", op.dy(), op.in(1)));
          op.reduce(1, () -> t.call("MulNoNan", op.in(0), op.dy()));
        });
    rules.add(
        (op, t) -> {
          TensorRef y = t.conj(op.in(1));
          op.reduce(0, () -> t.call("RealDiv", op.dy(), y));
          op.reduce(1, () -> t.mul(op.dy(), t.call("RealDiv", t.neg(t.conj(op.out(0))), y)));
        },
        "Div",
        "RealDiv");
    rules.add(
        "DivNoNan",
        (op, t) -> {
          TensorRef y = t.conj(op.in(1));
          op.reduce(0, () -> t.call("DivNoNan", op.dy(), y));
          op.reduce(1, () -> t.mul(op.dy(), t.call("DivNoNan", t.neg(t.conj(op.out(0))), y)));
        });
    rules.add(
        (op, t) -> {
          op.reduce(0, op::dy);
          op.reduce(1, () -> t.neg(t.mul(t.call("FloorDiv", op.in(0), op.in(1)), op.dy())));
        },
        "FloorMod");
    rules.add(
        "SquaredDifference",
        (op, t) -> {
          // of complex numbers it is the square of the distance: real
          TensorRef dy =
              DType.of(t.dtype(op.dy())).isComplex()
                  ? t.mul(t.add(op.dy(), t.conj(op.dy())), 0.5)
                  : op.dy();
          TensorRef dx = t.mul(dy, t.mul(t.sub(op.in(0), op.in(1)), 2));
          op.reduce(0, () -> dx);
          op.reduce(1, () -> t.neg(dx));
        });
    rules.add(
        "Atan2",
        (op, t) -> {
          TensorRef y = op.in(0);
          TensorRef x = op.in(1);
          TensorRef scaled = t.call("RealDiv", op.dy(), t.add(t.square(x), t.square(y)));
          op.reduce(0, () -> t.mul(x, scaled));
          op.reduce(1, () -> t.neg(t.mul(y, scaled)));
        });
  }

  private static void powers(RuleBook rules) {
    rules.add("Pow", MathRules::pow);
    rules.add(
        "Xlogy",
        (op, t) -> {
          TensorRef x = op.in(0);
          TensorRef y = op.in(1);
          op.reduce(0, () -> t.mul(t.call("Xlogy", nonZero(x, t), y), op.dy()));
          op.reduce(1, () -> t.mul(t.call("Xdivy", x, y), op.dy()));
        });
    rules.add(
        "Xlog1py",
        (op, t) -> {
          TensorRef x = op.in(0);
          TensorRef y = op.in(1);
          op.reduce(0, () -> t.mul(t.call("Xlog1py", nonZero(x, t), y), op.dy()));
          op.reduce(1, () -> t.mul(t.call("Xdivy", x, t.add(y, 1)), op.dy()));
        });
    rules.add(
        "Xdivy",
        (op, t) -> {
          TensorRef x = op.in(0);
          TensorRef y = op.in(1);
          op.reduce(0, () -> t.mul(t.call("Xdivy", nonZero(x, t), y), op.dy()));
          op.reduce(1, () -> t.mul(t.call("Xdivy", t.neg(x), t.square(y)), op.dy()));
        });
  }

  /** One where {@code x} is not zero, zero where it is. */
  private static TensorRef nonZero(TensorRef x, Ops t) {
    TensorRef differs = t.call("NotEqual", x, t.scalarLike(x, 0));
    return t.cast(differs, t.dtype(x));
  }

  private static void pow(Backprop op, Ops t) {
    TensorRef x = op.in(0);
    TensorRef y = op.in(1);
    TensorRef z = op.out(0);
    op.reduce(
        0,
        () -> {
          TensorRef slope = t.call("Pow", x, t.sub(y, t.scalarLike(y, 1)));
          return t.mul(op.dy(), t.conj(t.mul(y, slope)));
        });
    op.reduce(
        1,
        () -> {
          // x^y has no derivative by y where x is not positive; zero there, as in TensorFlow
          TensorRef zero = t.scalarLike(x, 0);
          TensorRef defined =
              DType.of(t.dtype(x)).isComplex() ? t.call("NotEqual", x, zero) : t.greater(x, zero);
          TensorRef safe = t.where(defined, x, t.scalarLike(x, 1));
          TensorRef log = t.where(defined, t.call("Log", safe), zero);
          return t.mul(op.dy(), t.conj(t.mul(z, log)));
        });
  }

  private static void choices(RuleBook rules) {
    rules.add("Maximum", (op, t) -> pick(op, t, "GreaterEqual"));
    rules.add("Minimum", (op, t) -> pick(op, t, "LessEqual"));
    rules.add(
        "SelectV2",
        (op, t) -> {
          TensorRef zero = t.scalarLike(op.dy(), 0);
          op.reduce(1, () -> t.where(op.in(0), op.dy(), zero));
          op.reduce(2, () -> t.where(op.in(0), zero, op.dy()));
        });
    rules.add(
        "Select",
        (op, t) -> {
          TensorRef zeros = t.zerosLike(op.dy());
          op.give(1, () -> t.call("Select", op.in(0), op.dy(), zeros));
          op.give(2, () -> t.call("Select", op.in(0), zeros, op.dy()));
        });
    rules.add(
        "ClipByValue",
        (op, t) -> {
          TensorRef x = op.in(0);
          TensorRef zero = t.scalarLike(x, 0);
          TensorRef below = t.call("Less", x, op.in(1));
          TensorRef above = t.call("Greater", x, op.in(2));
          op.give(0, () -> t.where(t.call("LogicalOr", below, above), zero, op.dy()));
          op.reduce(1, () -> t.where(below, op.dy(), zero));
          op.reduce(2, () -> t.where(above, op.dy(), zero));
        });
  }

  private static void pick(Backprop op, Ops t, String comparison) {
    TensorRef first = t.call(comparison, op.in(0), op.in(1));
    TensorRef zero = t.scalarLike(op.dy(), 0);
    op.reduce(0, () -> t.where(first, op.dy(), zero));
    op.reduce(1, () -> t.where(first, zero, op.dy()));
  }

  private static void cast(Backprop op, Ops t) {
    DataType from = op.type("SrcT");
    if (DType.of(from).isContinuous() && DType.of(op.type("DstT")).isContinuous()) {
      op.give(0, t.cast(op.dy(), from));
    }
  }
}
