package dev.graft.exporter;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/** Models without weights whose heads read numbers as they come, or hardly anything else. */
final class TableModel {

  private TableModel() {}

  /** A logistic regression on a table: {@code rows} of three numbers. */
  static Model of(long rows) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(rows, 3));
    TensorRef kernel = g.constant(TensorValue.of(Shape.of(3, 2), new float[] {1, 2, 3, 4, 5, 6}));
    TensorSpec input = new TensorSpec(x, DType.FLOAT32, Shape.of(rows, 3));
    return classifying(g, input, x, g.add("MatMul", x, kernel), Shape.of(rows, 2));
  }

  /** The mean colour of pictures that have so many pixels each way. */
  static Model ofPixels(int side) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    Shape shape = Shape.of(-1, side, side, 3);
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, shape);
    TensorRef mean = g.add("Mean", x, g.ints(1, 2));
    TensorSpec input = new TensorSpec(x, DType.FLOAT32, shape);
    return classifying(g, input, mean, g.add("Neg", mean), Shape.of(-1, 3));
  }

  private static Model classifying(
      Scope g, TensorSpec input, TensorRef features, TensorRef logits, Shape answers) {
    TensorRef scores = g.add("Softmax", logits);
    Signature serving =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            Map.of("x", input),
            Map.of("scores", new TensorSpec(scores, DType.FLOAT32, answers)));
    Head head =
        new Head(
            "scores",
            Head.Kind.SINGLE_LABEL,
            Optional.empty(),
            features,
            logits,
            scores,
            (int) answers.dim(1));
    Provenance.Origin origin = new Provenance.Origin("here", "", "", "", 0);
    return Model.builder("numbers", g.editor().build(), origin)
        .signatures(List.of(serving))
        .heads(List.of(head))
        .build();
  }
}
