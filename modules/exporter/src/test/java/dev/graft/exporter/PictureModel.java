package dev.graft.exporter;

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
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.tensorflow.proto.DataType;

/** A picture classifier small enough to build here: the mean colour, a dense layer, softmax. */
final class PictureModel {

  private PictureModel() {}

  /** With two labels; {@code batch} fixes the batch dimension of the input, -1 leaves it open. */
  static Model of(long batch) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(batch, 8, 8, 3));
    Variable kernel = variable(editor, "dense/kernel", Shape.of(3, 2), true);
    Variable bias = variable(editor, "dense/bias", Shape.of(2), false);
    TensorRef mean = g.add("Mean", x, g.ints(1, 2));
    TensorRef scaled = g.add("Mul", mean, g.scalar(1f / 255));
    TensorRef product = g.add("MatMul", scaled, read(g, kernel));
    TensorRef logits = g.add("BiasAdd", product, read(g, bias));
    TensorRef scores = g.add("Softmax", logits);
    Shape out = Shape.of(batch, 2);
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("image", new TensorSpec(x, DType.FLOAT32, Shape.of(batch, 8, 8, 3))),
            ImmutableMap.of("scores", new TensorSpec(scores, DType.FLOAT32, out)));
    InputSpec input =
        new InputSpec(
            "image",
            x,
            DType.FLOAT32,
            Shape.of(batch, 8, 8, 3),
            Optional.of(new InputSpec.Range(0, 255, "by construction")),
            InputSpec.Channels.RGB,
            InputSpec.Resize.STRETCH);
    Head head =
        new Head(
            "scores",
            Head.Kind.SINGLE_LABEL,
            Optional.of(Labels.of("day", "night")),
            scaled,
            logits,
            scores,
            2);
    return Model.builder("colours", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .variables(List.of(kernel, bias))
        .signatures(List.of(signature))
        .inputs(List.of(input))
        .heads(List.of(head))
        .build();
  }

  private static Variable variable(
      GraphEditor editor, String name, Shape shape, boolean trainable) {
    String node =
        editor
            .op("VarHandleOp")
            .name(name)
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", shape)
            .attr("shared_name", name)
            .node();
    double[] random = new SplittableRandom(7).doubles(shape.elements()).toArray();
    float[] values = new float[random.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random[i] - 0.5f;
    }
    return new Variable(
        name,
        node,
        DType.FLOAT32,
        shape,
        trainable,
        shape.rank() == 2 ? Variable.Role.KERNEL : Variable.Role.BIAS,
        new VariableSource.Given(TensorValue.of(shape, values)));
  }

  private static TensorRef read(Scope g, Variable variable) {
    return g.op("ReadVariableOp")
        .input(variable.handle())
        .attr("dtype", DataType.DT_FLOAT)
        .output();
  }
}
