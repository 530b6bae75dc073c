package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.Edit;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.NodeDef;

/**
 * A further edit, written outside of all others as a user could: a dense layer is given a low-rank
 * side path, {@code x A B} beside {@code x W}, that starts at zero (Hu et al. 2021).
 */
public final class LowRankAdapter extends Edit {

  private final String kernel;
  private final int rank;

  public LowRankAdapter(String kernel, int rank) {
    this.kernel = kernel;
    this.rank = rank;
  }

  @Override
  protected String operation() {
    return "lowRankAdapter";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("kernel", kernel, "rank", Integer.toString(rank));
  }

  @Override
  protected Model edit(Model model) {
    Variable w = model.variable(kernel).orElseThrow();
    GraphEditor editor = model.graph().edit();
    NodeDef product =
        model.graph().downstream(List.of(w.node())).stream()
            .map(model.graph()::node)
            .filter(node -> node.getOp().equals("MatMul"))
            .findFirst()
            .orElseThrow();
    NewVariables variables = new NewVariables(editor);
    String layer = kernel.substring(0, kernel.lastIndexOf('/')) + "_adapter";
    TensorRef a =
        variables.read(
            layer + "/a",
            "kernel",
            w.dtype().proto(),
            Shape.of(w.shape().dim(0), rank),
            new VariableSource.Initialized(Initializer.NORMAL, 1));
    TensorRef b =
        variables.zeros(
            layer + "/b", "kernel", w.dtype().proto(), Shape.of(rank, w.shape().dim(1)));
    Scope g = new Scope(editor, layer);
    TensorRef side = g.add("MatMul", g.add("MatMul", Nodes.dataInput(product, 0), a), b);
    TensorRef old = TensorRef.of(product.getName());
    TensorRef sum = g.add("AddV2", old, side);
    editor.redirect(old, sum, node -> !node.getName().equals(sum.node()));
    List<Variable> all = new ArrayList<>(model.variables());
    all.addAll(variables.all());
    return model.toBuilder().graph(editor.build()).variables(all).build();
  }
}
