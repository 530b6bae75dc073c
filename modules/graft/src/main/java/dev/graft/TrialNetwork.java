package dev.graft;

import com.google.common.collect.ImmutableList;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;

/**
 * A network of two layers with everything that a training step needs in one graph, its examples,
 * too. The same on every device.
 *
 * @param graph the graph
 * @param starts the nodes that give the variables their first values
 * @param loss the loss, before the step that the same run takes
 * @param updates the nodes that take a step
 */
record TrialNetwork(
    Graph graph, ImmutableList<String> starts, TensorRef loss, ImmutableList<String> updates) {

  private static final int EXAMPLES = 32;
  private static final int PIXELS = 16;
  private static final int FILTERS = 16;
  private static final int LABELS = 10;
  private static final float RATE = 0.1f;

  /**
   * One all of whose nodes ask for {@code device}.
   *
   * @param seed what its examples and its first weights are drawn by
   */
  static TrialNetwork on(String device, long seed) {
    Building building = new Building(seed);
    Scope g = building.g;
    TensorRef pictures = building.random(EXAMPLES, PIXELS, PIXELS, 3);
    TensorRef filtered =
        g.op("Conv2D")
            .input(pictures)
            .input(building.variable("kernel", 3, 3, 3, FILTERS))
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    TensorRef features = g.add("Mean", g.add("Relu", filtered), g.ints(1, 2));
    TensorRef logits = g.add("MatMul", features, building.variable("dense", FILTERS, LABELS));
    int[] labels = new int[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i] = i % LABELS;
    }
    TensorRef losses =
        g.op("SparseSoftmaxCrossEntropyWithLogits")
            .input(logits)
            .input(g.ints(labels))
            .outputs()
            .get(0);
    return building.withSteps(g.add("Mean", losses, g.ints(0)), device);
  }

  /** The graph as it grows. */
  private static final class Building {
    private final GraphEditor editor = Graph.empty().edit();
    private final Scope g = new Scope(editor, "trial");
    private final Random random;
    private final List<TensorRef> variables = new ArrayList<>();
    private final ImmutableList.Builder<String> starts = ImmutableList.builder();

    Building(long seed) {
      this.random = new Random(seed);
    }

    private TensorRef random(long... sizes) {
      Shape shape = Shape.of(sizes);
      float[] values = new float[Math.toIntExact(shape.elements())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian() / 2;
      }
      return g.constant(TensorValue.of(shape, values));
    }

    private TensorRef variable(String name, long... sizes) {
      TensorRef first = random(sizes);
      TensorRef handle =
          editor
              .op("VarHandleOp")
              .name(g.name(name))
              .attr("dtype", DataType.DT_FLOAT)
              .attr("shape", Shape.of(sizes))
              .attr("shared_name", name)
              .output();
      variables.add(handle);
      starts.add(g.op("AssignVariableOp").input(handle).input(first).node());
      return g.op("ReadVariableOp").input(handle).attr("dtype", DataType.DT_FLOAT).output();
    }

    private TrialNetwork withSteps(TensorRef loss, String device) {
      GradientGraph found =
          Differentiator.gradients(editor.build(), List.of(loss), List.of(), variables);
      GraphEditor whole = found.graph().edit();
      Scope step = new Scope(whole, "step");
      ImmutableList.Builder<String> updates = ImmutableList.builder();
      for (TensorRef variable : variables) {
        if (found.gradients().get(variable) instanceof Gradient.Dense dense) {
          updates.add(
              step.op("ResourceApplyGradientDescent")
                  .input(variable)
                  .input(step.scalar(RATE))
                  .input(dense.value())
                  .node());
        }
      }
      GraphDef.Builder def = whole.build().toGraphDef().toBuilder();
      def.getNodeBuilderList().forEach(node -> node.setDevice(device));
      return new TrialNetwork(Graph.of(def.build()), starts.build(), loss, updates.build());
    }
  }
}
