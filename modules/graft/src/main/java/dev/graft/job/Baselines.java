package dev.graft.job;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/** Models that know nothing, to show what a backbone is worth. */
public final class Baselines {

  private Baselines() {}

  /**
   * The pixels themselves as features: a picture of {@code side} by {@code side} pixels in, its
   * {@code side * side * 3} numbers, 0 to 255, out. Give it a head with {@link
   * dev.graft.surgeon.edit.Edits#addHead}.
   */
  public static Model rawPixels(int side) {
    GraphEditor editor = Graph.empty().edit();
    Shape shape = Shape.of(Shape.UNKNOWN, side, side, 3);
    TensorRef image = editor.placeholder("image", DataType.DT_FLOAT, shape);
    int features = side * side * 3;
    Scope scope = new Scope(editor, "pixels");
    TensorRef pixels = scope.add("Reshape", image, scope.ints(-1, features));
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("image", new TensorSpec(image, DType.FLOAT32, shape)),
            ImmutableMap.of(
                "pixels",
                new TensorSpec(pixels, DType.FLOAT32, Shape.of(Shape.UNKNOWN, features))));
    InputSpec input =
        new InputSpec(
            "image",
            image,
            DType.FLOAT32,
            shape,
            Optional.of(new InputSpec.Range(0, 255, "it takes pixels as they are")),
            InputSpec.Channels.RGB,
            InputSpec.Resize.STRETCH);
    return Model.builder(
            "raw pixels", editor.build(), new Provenance.Origin("", "", "Graft", "", 0))
        .signatures(List.of(signature))
        .inputs(ImmutableList.of(input))
        .build();
  }
}
