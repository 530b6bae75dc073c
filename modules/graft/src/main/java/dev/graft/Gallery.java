package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.tensor.TensorValue;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Vectors of known examples, as a model with an embedding head gives them, to find the nearest of.
 * Every vector is compared, which is quick up to some hundred thousand.
 */
public final class Gallery {

  private final Dataset examples;
  private final float[] vectors;
  private final int size;

  private Gallery(Dataset examples, float[] vectors, int size) {
    this.examples = examples;
    this.vectors = vectors;
    this.size = size;
  }

  /**
   * A gallery of {@code examples}.
   *
   * @param vectors float32 [N, size], row i for example i, each of length 1
   */
  public static Gallery of(TensorValue vectors, Dataset examples) {
    requireNonNull(vectors, "vectors");
    requireNonNull(examples, "examples");
    if (vectors.shape().rank() != 2 || vectors.shape().dim(0) != examples.size()) {
      throw new BadRequestException(
          "a gallery takes one vector for each of its "
              + examples.size()
              + " examples, given "
              + vectors
              + ".");
    }
    return new Gallery(examples, floats(vectors), (int) vectors.shape().dim(1));
  }

  /**
   * One of the nearest.
   *
   * @param example its number in the gallery's examples
   * @param name its file or row
   * @param similarity the cosine of the angle between the two: 1 for the same direction
   */
  public record Match(int example, String name, double similarity) {}

  /**
   * The examples nearest to a vector, nearest first.
   *
   * @param asked [M, size], vectors of length 1
   * @param row which of them is asked about
   * @param count how many examples to give at most
   */
  public List<Match> nearest(TensorValue asked, int row, int count) {
    requireNonNull(asked, "asked");
    if (asked.shape().rank() != 2 || asked.shape().dim(1) != size) {
      throw new BadRequestException(
          "the gallery's vectors have " + size + " numbers, given is " + asked + ".");
    }
    float[] vector = floats(asked);
    return IntStream.range(0, examples.size())
        .mapToObj(i -> new Match(i, examples.name(i), product(vector, row, i)))
        .sorted(Comparator.comparingDouble(Match::similarity).reversed())
        .limit(count)
        .toList();
  }

  /** Of a model that computes in float64, too. */
  private static float[] floats(TensorValue vectors) {
    return Floats.toArray(Doubles.asList(vectors.asDoubles()));
  }

  private double product(float[] asked, int row, int example) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += (double) asked[row * size + i] * vectors[example * size + i];
    }
    return sum;
  }
}
