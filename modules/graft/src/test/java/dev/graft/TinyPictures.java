package dev.graft;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tensorflow.proto.DataType;

/** Models of pictures of 8 x 8 with the labels {@code day} and {@code night}, without variables. */
final class TinyPictures {

  static final Labels LABELS = Labels.of("day", "night");

  private TinyPictures() {}

  /** The mean colour, weighted for two logits, and what {@code answer} makes of these. */
  static Model of(BiFunction<Scope, TensorRef, TensorRef> answer) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 8, 8, 3));
    TensorRef scaled = g.add("Mul", g.add("Mean", x, g.ints(1, 2)), g.scalar(1f / 255));
    TensorRef logits = g.add("MatMul", scaled, weights(g, Shape.of(3, 2)));
    return model(editor, x, scaled, logits, answer.apply(g, logits), Shape.of(-1, 2));
  }

  /** One label, whose score is a number for each picture: {@code [N]}. */
  static Model ofOneLabel() {
    Model model =
        of(
            (g, logits) -> {
              TensorRef one = g.add("GatherV2", logits, g.scalar(0), g.scalar(1));
              return g.add("Reshape", g.add("Sigmoid", one), g.ints(-1));
            });
    Head head = model.heads().get(0);
    return model.toBuilder()
        .heads(
            List.of(
                new Head(
                    head.name(),
                    Head.Kind.MULTI_LABEL,
                    Optional.of(Labels.of("day")),
                    head.features(),
                    head.logits(),
                    head.output(),
                    1)))
        .build();
  }

  /** Scores for each pixel. */
  static Model perPosition() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 8, 8, 3));
    TensorRef rows = g.add("Reshape", g.add("Mul", x, g.scalar(1f / 255)), g.ints(-1, 3));
    TensorRef product = g.add("MatMul", rows, weights(g, Shape.of(3, 2)));
    TensorRef logits = g.add("Reshape", product, g.ints(-1, 8, 8, 2));
    return model(editor, x, rows, logits, g.add("Softmax", logits), Shape.of(-1, 8, 8, 2));
  }

  private static TensorRef weights(Scope g, Shape shape) {
    return g.constant(TensorValue.of(shape, new float[] {3, -1, 0.5f, 2, -2, 1}));
  }

  private static Model model(
      GraphEditor editor,
      TensorRef x,
      TensorRef features,
      TensorRef logits,
      TensorRef scores,
      Shape shape) {
    Shape pictures = Shape.of(-1, 8, 8, 3);
    return Model.builder("tiny", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .signatures(
            List.of(
                Signature.predict(
                    Signature.SERVING_DEFAULT,
                    ImmutableMap.of("image", new TensorSpec(x, DType.FLOAT32, pictures)),
                    ImmutableMap.of("scores", new TensorSpec(scores, DType.FLOAT32, shape)))))
        .inputs(
            List.of(
                new InputSpec(
                    "image",
                    x,
                    DType.FLOAT32,
                    pictures,
                    Optional.of(new InputSpec.Range(0, 255, "by construction")),
                    InputSpec.Channels.RGB,
                    InputSpec.Resize.STRETCH)))
        .heads(
            List.of(
                new Head(
                    "scores",
                    Head.Kind.SINGLE_LABEL,
                    Optional.of(LABELS),
                    features,
                    logits,
                    scores,
                    2)))
        .build();
  }
}
