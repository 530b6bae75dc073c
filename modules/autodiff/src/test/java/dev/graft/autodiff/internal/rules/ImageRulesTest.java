package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.graph.Attrs;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

class ImageRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor")) {
      for (int mode = 0; mode < 3; mode++) {
        boolean corners = mode == 1;
        boolean centers = mode == 2;
        for (int[] size : new int[][] {{5, 7}, {2, 2}}) {
          RuleCase rule =
              RuleCase.of(
                  op + " " + mode + " to " + size[0],
                  c ->
                      c.op(op)
                          .input(c.x(2, 3, 4, 2))
                          .input(c.ints(size))
                          .attr("align_corners", corners)
                          .attr("half_pixel_centers", centers)
                          .output());
          cases.add(op.equals("ResizeNearestNeighbor") ? rule : rule.inFloat32());
        }
      }
    }
    for (boolean antialias : new boolean[] {false, true}) {
      cases.add(
          RuleCase.of(
                  "ScaleAndTranslate " + antialias,
                  c ->
                      c.op("ScaleAndTranslate")
                          .input(c.x(1, 5, 6, 2))
                          .input(c.ints(3, 4))
                          .input(c.real(new double[] {0.5, 0.7}, 2))
                          .input(c.real(new double[] {0.1, -0.3}, 2))
                          .attr("kernel_type", "triangle")
                          .attr("antialias", antialias)
                          .output())
              .inFloat32());
    }
    for (String fill : List.of("CONSTANT", "WRAP")) { // where moving back is the exact inverse
      for (String version : List.of("V2", "V3")) {
        cases.add(
            RuleCase.of(
                    "ImageProjectiveTransform" + version + " " + fill,
                    c -> transform(c, "ImageProjectiveTransform" + version, fill))
                .with(2e-2, 1e-5)); // it interpolates in float32
      }
    }
    for (String method : List.of("bilinear", "nearest")) {
      cases.add(
          RuleCase.of(
                  "CropAndResize " + method,
                  c -> {
                    double[] boxes = {0.11, 0.13, 0.7, 0.83, 0.2, -0.1, 1.2, 0.9};
                    return c.op("CropAndResize")
                        .input(c.x(2, 5, 5, 2))
                        .input(
                            method.equals("nearest") ? c.real(boxes, 2, 4) : c.values(boxes, 2, 4))
                        .input(c.ints(1, 0))
                        .input(c.ints(3, 4))
                        .attr("method", method)
                        .output();
                  })
              .inFloat32(2e-3, 1e-2));
    }
    for (String padding : List.of("SAME", "VALID")) {
      cases.add(
          RuleCase.of(
              "ExtractImagePatches " + padding,
              c ->
                  c.op("ExtractImagePatches")
                      .input(c.x(2, 6, 5, 2))
                      .attr("ksizes", RuleCase.list(1, 2, 3, 1))
                      .attr("strides", RuleCase.list(1, 2, 1, 1))
                      .attr("rates", RuleCase.list(1, 2, 1, 1))
                      .attr("padding", padding)
                      .output()));
      cases.add(
          RuleCase.of(
              "ExtractVolumePatches " + padding,
              c ->
                  c.op("ExtractVolumePatches")
                      .input(c.x(1, 3, 4, 3, 2))
                      .attr("ksizes", RuleCase.list(1, 2, 3, 2, 1))
                      .attr("strides", RuleCase.list(1, 1, 2, 1, 1))
                      .attr("padding", padding)
                      .output()));
      cases.add(
          RuleCase.of(
              "Dilation2D " + padding,
              c ->
                  c.op("Dilation2D")
                      .input(c.distinct(1, 5, 5, 2))
                      .input(c.x(2, 3, 2))
                      .attr("strides", RuleCase.list(1, 2, 1, 1))
                      .attr("rates", RuleCase.list(1, 1, 2, 1))
                      .attr("padding", padding)
                      .output()));
    }
    cases.add(RuleCase.of("RGBToHSV", c -> c.call("RGBToHSV", pixels(c))));
    cases.add(RuleCase.of("RGBToHSV one", c -> c.call("RGBToHSV", c.values(TEAL, 3))));
    cases.add(RuleCase.of("RGBToHSV empty", c -> c.call("RGBToHSV", c.x(0, 2, 3))));
    return cases.stream();
  }

  private static final double[] TEAL = {0.1, 0.6, 0.5};

  /** One pixel for each order of its channels: each branch of the hue, from both sides of it. */
  private static TensorRef pixels(RuleCase c) {
    double[] values = {
      0.9, 0.5, 0.2, 0.9, 0.2, 0.5, 0.5, 0.9, 0.2, 0.2, 0.9, 0.5, 0.5, 0.2, 0.9, 0.2, 0.5, 0.9
    };
    return c.values(values, 2, 3, 3);
  }

  private static TensorRef transform(RuleCase c, String op, String fill) {
    TensorRef shifts =
        c.op("Cast")
            .input(c.ints(Shape.of(2, 8), 1, 0, 1, 0, 1, 2, 0, 0, 1, 0, -2, 0, 1, 0, 0, 0))
            .attr("DstT", DataType.DT_FLOAT)
            .output();
    OpBuilder moved = c.op(op).input(c.x(2, 4, 5, 2)).input(shifts).input(c.ints(4, 5));
    if (op.endsWith("V3")) {
      moved.input(
          c.op("Const")
              .attr("dtype", DataType.DT_FLOAT)
              .attr("value", Attrs.of(Scalars.of(DataType.DT_FLOAT, 0)))
              .output());
    }
    return moved.attr("interpolation", "BILINEAR").attr("fill_mode", fill).output();
  }
}
