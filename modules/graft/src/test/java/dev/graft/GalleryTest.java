package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GalleryTest {

  /** A model that computes in float64 gives such vectors. */
  @Test
  void vectorsMayBeOfEitherPrecision() {
    TensorValue wide = TensorValue.of(Shape.of(2, 2), new double[] {1, 0, 0, 1});
    TensorValue narrow = TensorValue.of(Shape.of(1, 2), new float[] {0.6f, 0.8f});
    Dataset examples = Dataset.of(Map.of("x", wide), wide);
    assertThat(Gallery.of(wide, examples).nearest(narrow, 0, 1).get(0).example()).isEqualTo(1);
    TensorValue asked = TensorValue.of(Shape.of(1, 2), new double[] {0.8, 0.6});
    assertThat(Gallery.of(wide, examples).nearest(asked, 0, 2))
        .extracting(Gallery.Match::example)
        .containsExactly(0, 1);
  }
}
