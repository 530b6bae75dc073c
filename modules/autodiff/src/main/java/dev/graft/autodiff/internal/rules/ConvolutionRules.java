package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;

/** Convolutions and pooling, with TensorFlow's own gradient kernels and every attribute. */
final class ConvolutionRules {

  private static final String[] CONV2D = {
    "strides", "padding", "explicit_paddings", "data_format", "dilations", "use_cudnn_on_gpu"
  };
  private static final String[] DEPTHWISE = {
    "strides", "padding", "explicit_paddings", "data_format", "dilations"
  };
  private static final String[] CONV3D = {"strides", "padding", "data_format", "dilations"};
  private static final String[] POOL = {"ksize", "strides", "padding", "data_format"};

  private static final String INPUT = "BackpropInput"; // of a depthwise convolution
  private static final String FILTER = "BackpropFilter";

  private ConvolutionRules() {}

  static void addTo(RuleBook rules) {
    rules.add("Conv2D", ConvolutionRules::conv2d);
    rules.add(
        "Conv2DBackpropInput",
        (op, t) -> {
          op.give(1, () -> conv2dFilter(op, t, op.dy(), t.shape(op.in(1)), op.in(2)));
          op.give(
              2, () -> t.op("Conv2D", op.node(), CONV2D).input(op.dy()).input(op.in(1)).output());
        });
    rules.add(
        "Conv2DBackpropFilter",
        (op, t) -> {
          op.give(0, () -> conv2dInput(op, t, t.shape(op.in(0)), op.dy(), op.in(2)));
          op.give(
              2, () -> t.op("Conv2D", op.node(), CONV2D).input(op.in(0)).input(op.dy()).output());
        });
    rules.add(
        "DepthwiseConv2dNative",
        (op, t) -> {
          op.give(0, () -> depthwise(INPUT, op, t, t.shape(op.in(0)), op.in(1), op.dy()));
          op.give(1, () -> depthwiseFilter(op, t, op.in(0), t.shape(op.in(1)), op.dy()));
        });
    rules.add(
        "DepthwiseConv2dNativeBackpropInput",
        (op, t) -> {
          op.give(1, () -> depthwiseFilter(op, t, op.dy(), t.shape(op.in(1)), op.in(2)));
          op.give(2, () -> depthwise("", op, t, op.dy(), op.in(1)));
        });
    rules.add(
        "DepthwiseConv2dNativeBackpropFilter",
        (op, t) -> {
          op.give(0, () -> depthwise(INPUT, op, t, t.shape(op.in(0)), op.dy(), op.in(2)));
          op.give(2, () -> depthwise("", op, t, op.in(0), op.dy()));
        });
    conv3d(rules);
    pooling(rules);
  }

  private static void conv2d(Backprop op, Ops t) {
    Conv2DGradient gradient =
        DilatedConvolution.applies(op) ? new DilatedConvolution(op, t) : plain(op, t);
    int groups = GroupedConvolution.groups(op);
    if (groups > 1) {
      GroupedConvolution.differentiate(op, t, groups, gradient);
    } else {
      op.give(0, () -> gradient.ofInput(op.in(0), op.in(1), op.dy()));
      op.give(1, () -> gradient.ofFilter(op.in(0), op.in(1), op.dy()));
    }
  }

  private static Conv2DGradient plain(Backprop op, Ops t) {
    return new Conv2DGradient() {
      @Override
      public TensorRef ofInput(TensorRef x, TensorRef filter, TensorRef dy) {
        return conv2dInput(op, t, t.shape(x), filter, dy);
      }

      @Override
      public TensorRef ofFilter(TensorRef x, TensorRef filter, TensorRef dy) {
        return conv2dFilter(op, t, x, t.shape(filter), dy);
      }
    };
  }

  private static TensorRef conv2dInput(
      Backprop op, Ops t, TensorRef sizes, TensorRef filter, TensorRef dy) {
    return t.op("Conv2DBackpropInput", op.node(), CONV2D)
        .input(sizes)
        .input(filter)
        .input(dy)
        .output();
  }

  private static TensorRef conv2dFilter(
      Backprop op, Ops t, TensorRef input, TensorRef sizes, TensorRef dy) {
    return t.op("Conv2DBackpropFilter", op.node(), CONV2D)
        .input(input)
        .input(sizes)
        .input(dy)
        .output();
  }

  /**
   * A depthwise convolution or one of its two gradients.
   *
   * @param which empty for the convolution itself
   */
  private static TensorRef depthwise(String which, Backprop op, Ops t, TensorRef... inputs) {
    return of(t.op("DepthwiseConv2dNative" + which, op.node(), DEPTHWISE), inputs);
  }

  /** TensorFlow's kernel leaves its result unset where the batch is empty. */
  private static TensorRef depthwiseFilter(
      Backprop op, Ops t, TensorRef images, TensorRef sizes, TensorRef dy) {
    TensorRef found = depthwise(FILTER, op, t, images, sizes, dy);
    Shape shape = t.shapeOf(images);
    if (shape.hasRank() && shape.dim(0) > 0) {
      return found;
    }
    TensorRef any = t.greater(t.size(images), t.integer(0));
    return t.where(any, found, t.scalarLike(found, 0));
  }

  private static void conv3d(RuleBook rules) {
    rules.add(
        "Conv3D",
        (op, t) -> {
          op.give(0, () -> conv3d("Input", op, t, t.shape(op.in(0)), op.in(1), op.dy()));
          op.give(1, () -> conv3d("Filter", op, t, op.in(0), t.shape(op.in(1)), op.dy()));
        });
    rules.add(
        "Conv3DBackpropInputV2",
        (op, t) -> {
          op.give(1, () -> conv3d("Filter", op, t, op.dy(), t.shape(op.in(1)), op.in(2)));
          op.give(
              2, () -> t.op("Conv3D", op.node(), CONV3D).input(op.dy()).input(op.in(1)).output());
        });
  }

  private static TensorRef conv3d(String of, Backprop op, Ops t, TensorRef... inputs) {
    return of(t.op("Conv3DBackprop" + of + "V2", op.node(), CONV3D), inputs);
  }

  private static TensorRef of(OpBuilder node, TensorRef... inputs) {
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  private static void pooling(RuleBook rules) {
    rules.add(
        "MaxPool",
        (op, t) ->
            op.give(
                0,
                t.op("MaxPoolGrad", op.node(), POOL)
                    .input(op.in(0))
                    .input(op.out(0))
                    .input(op.dy())
                    .attr("explicit_paddings", op.attr("explicit_paddings"))
                    .output()));
    rules.add(
        "MaxPoolV2",
        (op, t) ->
            op.give(
                0,
                t.op("MaxPoolGradV2", op.node(), "padding", "data_format")
                    .input(op.in(0))
                    .input(op.out(0))
                    .input(op.dy())
                    .input(op.in(1))
                    .input(op.in(2))
                    .output()));
    rules.add(
        "MaxPool3D",
        (op, t) ->
            op.give(
                0,
                t.op("MaxPool3DGrad", op.node(), POOL)
                    .input(op.in(0))
                    .input(op.out(0))
                    .input(op.dy())
                    .output()));
    rules.add(
        "MaxPoolWithArgmax",
        (op, t) ->
            op.give(
                0,
                t.op("MaxPoolGradWithArgmax", op.node(), "ksize", "strides", "padding")
                    .input(op.in(0))
                    .input(op.dy())
                    .input(op.out(1))
                    .attr("include_batch_in_index", op.flag("include_batch_in_index"))
                    .output()));
    rules.add(
        "AvgPool",
        (op, t) ->
            op.give(
                0,
                t.op("AvgPoolGrad", op.node(), POOL)
                    .input(t.shape(op.in(0)))
                    .input(op.dy())
                    .output()));
    rules.add(
        "AvgPool3D",
        (op, t) ->
            op.give(
                0,
                t.op("AvgPool3DGrad", op.node(), POOL)
                    .input(t.shape(op.in(0)))
                    .input(op.dy())
                    .output()));
  }
}
