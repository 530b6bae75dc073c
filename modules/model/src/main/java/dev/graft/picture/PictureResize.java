package dev.graft.picture;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Brings pictures to one size with the triangle filter, antialiased, as {@code tf.image.resize(...,
 * antialias=True)} does: the one way in which Graft resizes.
 */
@Internal
public final class PictureResize {

  private PictureResize() {}

  /**
   * Adds the resizing of {@code pictures}, which are all of one size.
   *
   * @param pictures [N, h, w, channels], of any numeric dtype
   * @param rule what happens to pictures of another aspect ratio; what is too much or too little is
   *     shared by both ends
   * @return float32 [N, height, width, channels]
   */
  public static TensorRef add(
      Scope g, TensorRef pictures, int height, int width, InputSpec.Resize rule) {
    return add(g, pictures, g.ints(height, width), rule);
  }

  /**
   * As {@link #add(Scope, TensorRef, int, int, InputSpec.Resize)}, to a size that the graph finds.
   *
   * @param size height and width, int32 [2]
   */
  static TensorRef add(Scope g, TensorRef pictures, TensorRef size, InputSpec.Resize rule) {
    TensorRef wanted = g.cast(size, DataType.DT_FLOAT);
    TensorRef sides = sides(g, pictures);
    TensorRef scale = g.add("RealDiv", wanted, sides);
    scale =
        switch (rule) {
          case STRETCH -> scale;
          case CROP -> both(g, g.add("Max", scale, g.ints(0)));
          case PAD -> both(g, g.add("Min", scale, g.ints(0)));
        };
    TensorRef rest = g.add("Sub", wanted, g.add("Mul", sides, scale));
    TensorRef translation =
        rule == InputSpec.Resize.STRETCH ? g.floats(0, 0) : g.add("Mul", rest, g.scalar(0.5f));
    return scaled(g, pictures, size, scale, translation);
  }

  /**
   * As stretching them to that size, and then all larger and at another place.
   *
   * @param zoom how much larger
   * @param place where their first row and column come to lie, as shares of the size
   */
  static TensorRef add(
      Scope g, TensorRef pictures, TensorRef size, TensorRef zoom, TensorRef place) {
    TensorRef wanted = g.cast(size, DataType.DT_FLOAT);
    TensorRef scale = g.add("Mul", g.add("RealDiv", wanted, sides(g, pictures)), zoom);
    return scaled(g, pictures, size, scale, g.add("Mul", wanted, place));
  }

  private static TensorRef sides(Scope g, TensorRef pictures) {
    TensorRef shape = g.add("Shape", pictures);
    return g.cast(g.add("GatherV2", shape, g.ints(1, 2), g.scalar(0)), DataType.DT_FLOAT);
  }

  private static TensorRef scaled(
      Scope g, TensorRef pictures, TensorRef size, TensorRef scale, TensorRef translation) {
    return g.op("ScaleAndTranslate")
        .input(pictures)
        .input(size)
        .input(scale)
        .input(translation)
        .attr("kernel_type", "triangle")
        .attr("antialias", true)
        .output();
  }

  private static TensorRef both(Scope g, TensorRef scalar) {
    return g.op("Pack").inputs(List.of(scalar, scalar)).output();
  }
}
