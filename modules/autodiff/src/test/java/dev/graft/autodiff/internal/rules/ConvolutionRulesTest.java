package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;

class ConvolutionRulesTest extends RuleContract {

  private static final long[] ONES = {1, 1, 1, 1};

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("Conv2D", "DepthwiseConv2dNative")) {
      for (String padding : List.of("SAME", "VALID")) {
        cases.add(conv(op, padding, ONES, ONES));
        cases.add(conv(op, padding, new long[] {1, 2, 2, 1}, ONES));
        if (op.equals("Conv2D")) { // TensorFlow's depthwise kernel has no dilations at all
          cases.add(conv(op, padding, ONES, new long[] {1, 2, 3, 1}));
          cases.add(conv(op, padding, new long[] {1, 2, 2, 1}, new long[] {1, 2, 2, 1}));
        }
      }
      cases.add(conv(op, "EXPLICIT", new long[] {1, 2, 2, 1}, ONES));
      cases.add(conv(op, "EXPLICIT", ONES, ONES));
      cases.add(
          RuleCase.of(
              op + " empty",
              c ->
                  c.op(op)
                      .input(c.x(0, 5, 5, 2))
                      .input(c.x(3, 3, 2, 2))
                      .attr("strides", RuleCase.list(ONES))
                      .attr("padding", "SAME")
                      .output()));
    }
    for (String padding : List.of("SAME", "VALID")) {
      for (long stride : new long[] {1, 2, 3}) {
        cases.add(pointwise(padding, 2, stride, 1));
      }
      cases.add(pointwise(padding, 0, 2, 1));
      cases.add(pointwise(padding, 1, 2, 3));
    }
    for (long dilation : new long[] {1, 2}) {
      cases.add(
          RuleCase.of(
                  "Conv2D grouped, dilation " + dilation,
                  c ->
                      c.op("Conv2D")
                          .input(c.x(1, 4, 4, 4))
                          .input(c.x(2, 2, 2, 4))
                          .attr("strides", RuleCase.list(ONES))
                          .attr("dilations", RuleCase.list(1, dilation, dilation, 1))
                          .attr("padding", "VALID")
                          .output())
              .withKnownShapesOnly());
    }
    for (String padding : List.of("SAME", "VALID", "EXPLICIT")) {
      long out = padding.equals("VALID") ? 2 : 3;
      AttrValue explicit =
          padding.equals("EXPLICIT") ? RuleCase.list(0, 0, 1, 1, 2, 0, 0, 0) : RuleCase.list();
      cases.add(
          RuleCase.of(
              "Conv2DBackpropInput " + padding,
              c ->
                  c.op("Conv2DBackpropInput")
                      .input(c.ints(1, 5, 5, 2))
                      .input(c.x(3, 3, 2, 3))
                      .input(c.x(1, out, out, 3))
                      .attr("strides", RuleCase.list(1, 2, 2, 1))
                      .attr("padding", padding)
                      .attr("explicit_paddings", explicit)
                      .output()));
      cases.add(
          RuleCase.of(
              "Conv2DBackpropFilter " + padding,
              c ->
                  c.op("Conv2DBackpropFilter")
                      .input(c.x(1, 5, 5, 2))
                      .input(c.ints(3, 3, 2, 3))
                      .input(c.x(1, out, out, 3))
                      .attr("strides", RuleCase.list(1, 2, 2, 1))
                      .attr("padding", padding)
                      .attr("explicit_paddings", explicit)
                      .output()));
    }
    for (String padding : List.of("SAME", "VALID")) {
      for (long stride : new long[] {1, 2}) {
        cases.add(
            RuleCase.of(
                "Conv3D " + padding + " " + stride,
                c ->
                    c.op("Conv3D")
                        .input(c.x(1, 3, 4, 4, 2))
                        .input(c.x(2, 2, 2, 2, 2))
                        .attr("strides", RuleCase.list(1, stride, stride, stride, 1))
                        .attr("padding", padding)
                        .output()));
      }
    }
    cases.add(
        RuleCase.of(
            "Conv3D empty",
            c ->
                c.op("Conv3D")
                    .input(c.x(0, 3, 4, 4, 2))
                    .input(c.x(2, 2, 2, 2, 2))
                    .attr("strides", RuleCase.list(1, 1, 1, 1, 1))
                    .attr("padding", "SAME")
                    .output()));
    for (String padding : List.of("SAME", "VALID")) {
      long deep = padding.equals("SAME") ? 2 : 1;
      cases.add(
          RuleCase.of(
              "Conv3DBackpropInputV2 " + padding,
              c ->
                  c.op("Conv3DBackpropInputV2")
                      .input(c.ints(1, 3, 4, 4, 2))
                      .input(c.x(2, 2, 2, 2, 2))
                      .input(c.x(1, deep, 2, 2, 2))
                      .attr("strides", RuleCase.list(1, 2, 2, 2, 1))
                      .attr("padding", padding)
                      .output()));
    }
    backward(cases);
    pooling(cases);
    return cases.stream();
  }

  /** The gradients of a depthwise convolution, which are ops of their own. */
  private static void backward(List<RuleCase> cases) {
    for (String padding : List.of("SAME", "VALID")) {
      for (long stride : new long[] {1, 2}) {
        long wide = stride == 1 ? (padding.equals("SAME") ? 5 : 3) : padding.equals("SAME") ? 3 : 2;
        cases.add(
            RuleCase.of(
                "DepthwiseConv2dNativeBackpropInput " + padding + " " + stride,
                c ->
                    c.op("DepthwiseConv2dNativeBackpropInput")
                        .input(c.ints(2, 5, 5, 2))
                        .input(c.x(3, 3, 2, 2))
                        .input(c.x(2, wide, wide, 4))
                        .attr("strides", RuleCase.list(1, stride, stride, 1))
                        .attr("padding", padding)
                        .output()));
        cases.add(
            RuleCase.of(
                "DepthwiseConv2dNativeBackpropFilter " + padding + " " + stride,
                c ->
                    c.op("DepthwiseConv2dNativeBackpropFilter")
                        .input(c.x(2, 5, 5, 2))
                        .input(c.ints(3, 3, 2, 2))
                        .input(c.x(2, wide, wide, 4))
                        .attr("strides", RuleCase.list(1, stride, stride, 1))
                        .attr("padding", padding)
                        .output()));
      }
    }
    cases.add(
        RuleCase.of(
            "DepthwiseConv2dNativeBackpropInput empty",
            c ->
                c.op("DepthwiseConv2dNativeBackpropInput")
                    .input(c.ints(0, 5, 5, 2))
                    .input(c.x(3, 3, 2, 2))
                    .input(c.x(0, 5, 5, 4))
                    .attr("strides", RuleCase.list(ONES))
                    .attr("padding", "SAME")
                    .output()));
  }

  private static RuleCase conv(String op, String padding, long[] strides, long[] dilations) {
    String name =
        op
            + " "
            + padding
            + " "
            + java.util.Arrays.toString(strides)
            + java.util.Arrays.toString(dilations);
    return RuleCase.of(
        name,
        c -> {
          var node =
              c.op(op)
                  .input(c.x(2, 5, 6, 2))
                  .input(c.x(3, 2, 2, 2))
                  .attr("strides", RuleCase.list(strides))
                  .attr("dilations", RuleCase.list(dilations))
                  .attr("padding", padding);
          if (padding.equals("EXPLICIT")) {
            node.attr("explicit_paddings", RuleCase.list(0, 0, 1, 2, 0, 1, 0, 0));
          }
          return node.output();
        });
  }

  /** A 1x1 convolution with its bias, whose gradients are products of matrices. */
  private static RuleCase pointwise(String padding, int batch, long stride, long dilation) {
    return RuleCase.of(
        "Conv2D 1x1 %s, batch %d, stride %d, dilation %d"
            .formatted(padding, batch, stride, dilation),
        c ->
            c.call(
                "BiasAdd",
                c.op("Conv2D")
                    .input(c.x(batch, 5, 4, 3))
                    .input(c.x(1, 1, 3, 2))
                    .attr("strides", RuleCase.list(1, stride, stride, 1))
                    .attr("dilations", RuleCase.list(1, dilation, dilation, 1))
                    .attr("padding", padding)
                    .output(),
                c.x(2)));
  }

  private static void pooling(List<RuleCase> cases) {
    for (String op : List.of("MaxPool", "AvgPool")) {
      for (String padding : List.of("SAME", "VALID")) {
        cases.add(
            RuleCase.of(
                op + " " + padding, c -> pool(c, op, padding, c.distinct(1, 5, 5, 2), 1, 3, 2, 1)));
      }
      for (String padding : List.of("SAME", "VALID")) {
        cases.add(
            RuleCase.of(
                    op + "3D " + padding,
                    c -> pool(c, op + "3D", padding, c.distinct(1, 3, 4, 4, 1), 1, 2, 2, 2, 1))
                .inFloat32());
      }
    }
    for (String op : List.of("MaxPool", "AvgPool")) {
      for (String padding : List.of("SAME", "VALID")) {
        cases.add(
            RuleCase.of(
                op + " overlapping " + padding,
                c ->
                    c.op(op)
                        .input(c.distinct(2, 5, 6, 2))
                        .attr("ksize", RuleCase.list(1, 3, 2, 1))
                        .attr("strides", RuleCase.list(1, 2, 1, 1))
                        .attr("padding", padding)
                        .output()));
      }
      cases.add(RuleCase.of(op + " empty", c -> pool(c, op, "VALID", c.x(0, 4, 4, 2), 1, 2, 2, 1)));
    }
    cases.add(
        RuleCase.of(
            "MaxPool EXPLICIT",
            c ->
                c.op("MaxPool")
                    .input(c.distinct(1, 5, 5, 2))
                    .attr("ksize", RuleCase.list(1, 3, 3, 1))
                    .attr("strides", RuleCase.list(1, 2, 2, 1))
                    .attr("padding", "EXPLICIT")
                    .attr("explicit_paddings", RuleCase.list(0, 0, 1, 2, 0, 1, 0, 0))
                    .output()));
    cases.add(
        RuleCase.of(
            "MaxPoolV2",
            c ->
                c.op("MaxPoolV2")
                    .input(c.distinct(1, 5, 5, 2))
                    .input(c.ints(1, 3, 3, 1))
                    .input(c.ints(1, 2, 2, 1))
                    .attr("padding", "VALID")
                    .output()));
    for (String padding : List.of("SAME", "VALID")) {
      for (boolean withBatch : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                "MaxPoolWithArgmax " + padding + (withBatch ? " batch in index" : ""),
                c ->
                    c.op("MaxPoolWithArgmax")
                        .input(c.distinct(2, 5, 4, 2))
                        .attr("ksize", RuleCase.list(1, 3, 2, 1))
                        .attr("strides", RuleCase.list(1, 2, 2, 1))
                        .attr("padding", padding)
                        .attr("include_batch_in_index", withBatch)
                        .outputs()
                        .get(0)));
      }
    }
  }

  private static TensorRef pool(RuleCase c, String op, String padding, TensorRef x, long... size) {
    return c.op(op)
        .input(x)
        .attr("ksize", RuleCase.list(size))
        .attr("strides", RuleCase.list(size))
        .attr("padding", padding)
        .output();
  }
}
