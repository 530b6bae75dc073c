package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

class ShapeInferenceTest {

  @Test
  void knowsWhatTensorFlowCanWorkOut() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x =
        editor
            .op("Placeholder")
            .name("x")
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.of(-1, 4))
            .output();
    TensorRef anything =
        editor
            .op("Placeholder")
            .name("anything")
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.unknown())
            .output();
    TensorRef variable =
        editor
            .op("VariableV2")
            .name("v")
            .attr("dtype", DataType.DT_DOUBLE)
            .attr("shape", Shape.of(2))
            .output();
    TensorRef product =
        editor.op("MatMul").name("p").input(x).input(x).attr("transpose_b", true).output();
    ShapeInference shapes = ShapeInference.of(editor.build());
    assertThat(shapes.shape(x)).isEqualTo(Shape.of(-1, 4));
    assertThat(shapes.shape(product)).isEqualTo(Shape.of(-1, -1));
    assertThat(shapes.shape(anything)).isEqualTo(Shape.unknown());
    assertThat(shapes.dtype(variable)).isEqualTo(DataType.DT_DOUBLE);
    assertThat(shapes.shapes()).hasSize(4);
    assertThatThrownBy(() -> shapes.shape(TensorRef.of("z")))
        .isInstanceOf(BadRequestException.class);
  }
}
