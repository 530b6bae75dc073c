package dev.graft.trainer.metric;

/**
 * The range in which a proportion lies with 95% confidence, by Wilson's score (E. B. Wilson, 1927,
 * JASA 22), which holds for small counts and for proportions near 0 and 1.
 *
 * @param low the lower end
 * @param high the upper end
 */
public record Interval(double low, double high) {

  private static final double Z = 1.959963984540054; // the normal distribution's 97.5% point

  /** The interval for {@code hits} out of {@code total}. */
  public static Interval wilson(long hits, long total) {
    if (total == 0) {
      return new Interval(0, 1);
    }
    double p = (double) hits / total;
    double z2 = Z * Z / total;
    double centre = (p + z2 / 2) / (1 + z2);
    double half = Z * Math.sqrt(p * (1 - p) / total + z2 / (4.0 * total)) / (1 + z2);
    return new Interval(Math.max(0, centre - half), Math.min(1, centre + half));
  }
}
