package dev.graft.exporter;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.List;

/** Models of a single op. */
final class SmallModel {

  private SmallModel() {}

  /** One input, one output that is {@code op} of it, under the signature {@code name}. */
  static Model of(String name, String op, DType dtype) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", dtype.proto(), Shape.of(-1, 2));
    TensorRef y = editor.op(op).name("y").input(x).output();
    TensorSpec out = new TensorSpec(y, DType.of(editor.dtype(y)), Shape.of(-1, 2));
    return Model.builder("small", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .signatures(
            List.of(
                Signature.predict(
                    name,
                    ImmutableMap.of("inputs", new TensorSpec(x, dtype, Shape.of(-1, 2))),
                    ImmutableMap.of("outputs", out))))
        .build();
  }
}
