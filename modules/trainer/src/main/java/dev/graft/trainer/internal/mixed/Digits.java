package dev.graft.trainer.internal.mixed;

import dev.graft.runtime.Compute.Precision;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.store.RowForm;

/**
 * How many digits features have.
 *
 * @param precision in which they are computed: float32, or one of those of bfloat16; in a plan that
 *     of the steps, which may be another
 * @param halves whether float32 is kept as float16
 */
public record Digits(Precision precision, boolean halves) {

  /** All of them. */
  public static final Digits ALL = new Digits(Precision.FLOAT32, false);

  private static final double ROUNDED = 1e-3;
  private static final double ROUNDED_IN_BFLOAT16 = 3e-2; // four of its last digits at most

  /** These, of products in another precision. */
  public Digits in(Precision value) {
    return new Digits(value, halves);
  }

  /** These, with float32 kept as float16 or not. */
  public Digits inHalves(boolean value) {
    return new Digits(precision, value);
  }

  /** Whether they are computed with fewer digits than float32 has. */
  public boolean areFew() {
    return precision != Precision.FLOAT32;
  }

  private DType kept() {
    return halves ? DType.FLOAT16 : areFew() ? DType.BFLOAT16 : DType.FLOAT32;
  }

  /** How rows are kept. */
  public RowForm form(DType dtype, Shape shape) {
    return RowForm.of(dtype, shape).as(kept()).by(precision);
  }

  /** Rows as they are after that, whether they are kept or not. */
  public TensorValue round(TensorValue rows) {
    return kept() == DType.FLOAT32 ? rows : Halves.round(rows, kept());
  }

  /** By how much rows of two runs may differ by rounding, as a share of the largest number. */
  public double rounding() {
    return areFew() ? ROUNDED_IN_BFLOAT16 : ROUNDED;
  }
}
