package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

class FunctionRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op :
        List.of(
            "Exp",
            "Expm1",
            "Sin",
            "Cos",
            "Tan",
            "Sinh",
            "Cosh",
            "Atan",
            "Asinh",
            "Erf",
            "Erfc",
            "Dawsn",
            "FresnelCos",
            "FresnelSin",
            "BesselI0",
            "BesselI1",
            "BesselJ0",
            "BesselJ1",
            "BesselI0e",
            "BesselI1e")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.x(2, 3))).with(1e-3, 1e-6));
      cases.add(RuleCase.of(op + " empty", c -> c.call(op, c.x(0, 3))));
    }
    for (String op :
        List.of(
            "Log",
            "Log1p",
            "Lgamma",
            "Digamma",
            "Expint",
            "Spence",
            "BesselK0",
            "BesselK1",
            "BesselY0",
            "BesselY1",
            "BesselK0e",
            "BesselK1e")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.between(0.5, 1.7, 2, 3))).with(1e-3, 1e-6));
    }
    for (String op : List.of("Asin", "Acos", "Atanh", "Erfinv")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.between(-0.7, 0.7, 2, 3))).with(1e-3, 1e-6));
    }
    cases.add(RuleCase.of("Ndtri", c -> c.call("Ndtri", c.between(0.2, 0.8, 4))).with(1e-3, 1e-6));
    cases.add(RuleCase.of("Acosh", c -> c.call("Acosh", c.between(1.3, 2, 4))));
    for (String op : List.of("BesselI1", "BesselJ1", "BesselI1e")) {
      cases.add(
          RuleCase.of(op + " at zero", c -> c.call(op, c.values(new double[] {0}, 1)))
              .with(1e-6, 1e-5));
    }
    cases.add(RuleCase.of("Spence at one", c -> c.call("Spence", c.values(new double[] {1}, 1))));
    for (String op : List.of("Igamma", "Igammac")) {
      cases.add(
          RuleCase.of(op, c -> c.call(op, c.between(1, 2, 2, 1), c.between(1, 2, 3)))
              .with(1e-3, 1e-6));
    }
    for (String op : List.of("Zeta", "Polygamma")) {
      cases.add(
          RuleCase.of(op, c -> c.call(op, c.real(new double[] {2, 3}, 2, 1), c.between(1, 2, 3)))
              .with(1e-3, 1e-6));
    }
    cases.add(
        RuleCase.of(
                "Betainc",
                c ->
                    c.call(
                        "Betainc",
                        c.real(new double[] {1.5, 2}, 2),
                        c.real(new double[] {0.7, 2.5}, 2),
                        c.between(0.2, 0.8, 2)))
            .with(1e-3, 1e-6));
    for (String op : List.of("Exp", "Sin", "Tanh", "Square", "Log", "Sigmoid", "Neg", "Conj")) {
      cases.add(RuleCase.ofMany(op + " complex", c -> parts(c, c.call(op, complex(c, 2, 2)))));
    }
    for (String op : List.of("Mul", "Sub", "RealDiv", "Pow", "SquaredDifference", "MatMul")) {
      cases.add(
          RuleCase.ofMany(
              op + " complex", c -> parts(c, c.call(op, complex(c, 2, 2), complex(c, 2, 2)))));
    }
    cases.add(RuleCase.of("ComplexAbs", c -> real(c, "ComplexAbs", complex(c, 2, 2))));
    cases.add(RuleCase.of("Angle", c -> real(c, "Angle", complex(c, 2, 2))));
    cases.add(
        RuleCase.ofMany(
            "Complex, Real, Imag broadcast",
            c ->
                parts(
                    c,
                    c.op("Complex")
                        .input(c.x(2, 3))
                        .input(c.x(3))
                        .attr("Tout", DataType.DT_COMPLEX128)
                        .output())));
    for (String op : List.of("SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.positive(2, 3), c.x(2, 3))));
    }
    return cases.stream();
  }

  static TensorRef complex(RuleCase c, long... dims) {
    return c.op("Complex")
        .input(c.positive(dims))
        .input(c.positive(dims))
        .attr("Tout", DataType.DT_COMPLEX128)
        .output();
  }

  private static TensorRef real(RuleCase c, String op, TensorRef x) {
    return c.op(op).input(x).attr("Tout", DataType.DT_DOUBLE).output();
  }

  static List<TensorRef> parts(RuleCase c, TensorRef x) {
    return List.of(real(c, "Real", x), real(c, "Imag", x));
  }
}
