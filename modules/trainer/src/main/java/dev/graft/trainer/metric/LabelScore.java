package dev.graft.trainer.metric;

/**
 * How a model did on one label.
 *
 * @param label which
 * @param count how many examples have it
 * @param given how many examples were given it
 * @param correct how many of these have it
 */
public record LabelScore(String label, int count, int given, int correct) {

  /** Of the examples that were given the label, the share that has it; 0 if none was given it. */
  public double precision() {
    return given == 0 ? 0 : (double) correct / given;
  }

  /** Of the examples that have the label, the share that was given it; 0 if none has it. */
  public double recall() {
    return count == 0 ? 0 : (double) correct / count;
  }

  /** The harmonic mean of precision and recall. */
  public double f1() {
    return count + given == 0 ? 0 : 2.0 * correct / (count + given);
  }
}
