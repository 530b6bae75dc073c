package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Weights;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Lets the picture input take one channel by summing the first convolution's kernel over its three:
 * the answers are those for the channel repeated, at a third of that convolution's cost.
 */
public final class GreyKernel extends Edit {

  private static final Set<String> CHANNEL_BY_CHANNEL =
      Set.of("Identity", "Cast", "Pad", "PadV2", "MirrorPad", "ResizeBilinear", "EnsureShape");
  private static final Set<String> ARITHMETIC = Set.of("Mul", "RealDiv", "Add", "AddV2", "Sub");

  @Override
  protected String operation() {
    return "greyFirstKernel";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of();
  }

  @Override
  protected Model edit(Model model) {
    InputSpec input = InputAdapter.find(model, "");
    AdaptInput.checkColour(input);
    NodeDef convolution = firstConvolution(model, input);
    Variable kernel = kernel(model, convolution);
    Shape shape = kernel.shape().dim(2, 1);
    Variable summed =
        new Variable(
            kernel.name(),
            kernel.node(),
            kernel.dtype(),
            shape,
            kernel.trainable(),
            kernel.role(),
            new VariableSource.Given(Weights.value(kernel.dtype(), shape, summed(kernel))),
            kernel.fixed());

    Graph graph = model.graph();
    GraphEditor editor = graph.edit();
    editor.replace(
        editor.node(kernel.node()).toBuilder().putAttr("shape", Attrs.of(shape)).build());
    graph.consumers(kernel.node()).stream()
        .map(editor::node)
        .forEach(node -> editor.replace(node.toBuilder().removeAttr("_output_shapes").build()));
    Model grey =
        model.toBuilder()
            .graph(editor.build())
            .variables(
                model.variables().stream()
                    .map(v -> v.name().equals(kernel.name()) ? summed : v)
                    .toList())
            .build();
    return InputAdapter.reshape(grey, AdaptInput.grey(input));
  }

  private static double[] summed(Variable kernel) {
    double[] values = new VariableValues().of(kernel).asDoubles();
    int outputs = (int) kernel.shape().dim(3);
    double[] sums = new double[values.length / 3];
    for (int i = 0; i < values.length; i++) {
      int position = i / (3 * outputs);
      sums[position * outputs + i % outputs] += values[i];
    }
    return sums;
  }

  /** The convolution that is the first to put the three channels together. */
  private static NodeDef firstConvolution(Model model, InputSpec input) {
    Graph graph = model.graph();
    Weights weights = new Weights(model);
    TensorRef at = input.tensor();
    while (true) {
      List<NodeDef> readers = InputArithmetic.readers(graph, at);
      if (readers.size() != 1) {
        throw refused(input, "is read by " + readers.size() + " nodes at once", at);
      }
      NodeDef reader = readers.get(0);
      List<TensorRef> inputs = Nodes.dataInputs(reader);
      boolean first = inputs.get(0).equals(at);
      if (reader.getOp().equals("Conv2D") && first) {
        return reader;
      }
      boolean alike =
          CHANNEL_BY_CHANNEL.contains(reader.getOp())
              || (ARITHMETIC.contains(reader.getOp())
                  && isOneNumber(weights.at(inputs.get(first ? 1 : 0))));
      if (!alike) {
        throw refused(
            input,
            "is treated channel by channel by "
                + reader.getOp()
                + " ("
                + reader.getName()
                + ") before the first convolution",
            at);
      }
      at = TensorRef.of(reader.getName());
    }
  }

  private static boolean isOneNumber(Weights.@Nullable Weight weight) {
    return weight != null && weight.shape().isFullyKnown() && weight.shape().elements() == 1;
  }

  private static Variable kernel(Model model, NodeDef convolution) {
    Weights.Weight weight = new Weights(model).at(Nodes.dataInput(convolution, 1));
    Variable kernel = weight == null ? null : weight.variable().orElse(null);
    if (kernel == null
        || (kernel.dtype() != DType.FLOAT32 && kernel.dtype() != DType.FLOAT64)
        || kernel.shape().rank() != 4
        || kernel.shape().dim(2) != 3
        || model.graph().consumers(kernel.node()).size() != 1) {
      throw new BadRequestException(
          "the first convolution ("
              + convolution.getName()
              + ") has no float32 kernel variable of its own for three channels; use greyInput(), which"
              + " repeats the channel.");
    }
    return kernel;
  }

  private static BadRequestException refused(InputSpec input, String why, TensorRef at) {
    return new BadRequestException(
        "input '"
            + input.name()
            + "' "
            + why
            + " (at "
            + at
            + "), so its kernel cannot be summed; use greyInput(), which repeats the channel.");
  }
}
