package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxMap;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.NodeDef;

/**
 * Where a network has maps of its pictures, at one cell for 8, 16 and 32 pixels: the last tensor of
 * each size that all that comes later is computed from. Wide ones do not count: between two blocks
 * some networks have six times the channels for a moment, and a head on those learns the examples
 * by heart (a trial on BCCD, in Keras: AP 0.505 instead of 0.522).
 */
public final class StrideMaps {

  private static final int PROBE = 1024; // pixels along each side: 32 goes into it often enough
  private static final double OFF = 1.2; // convolutions without padding lose some cells
  private static final int WIDE = 2; // times the narrowest map of its size

  private static final SpatialExtents.Rewriter UNCHANGED =
      new SpatialExtents.Rewriter() {
        @Override
        public void shape(NodeDef node, int in, int index, long value) {}

        @Override
        public void window(NodeDef node, long height, long width) {}
      };

  private final Model model;
  private final Graph graph;
  private final InputSpec input;
  private final StaticShapes shapes;
  private final Map<TensorRef, Extent> extents;

  private StrideMaps(Model model) {
    this.model = model;
    this.graph = model.graph();
    this.input = InputAdapter.find(model, "");
    this.shapes = new StaticShapes(model);
    this.extents =
        SpatialExtents.of(
            model,
            input.tensor(),
            new Extent.Grid(Shape.UNKNOWN, Shape.UNKNOWN, PROBE, PROBE),
            UNCHANGED,
            false);
  }

  /**
   * Finds the maps of {@code model}, the finest first.
   *
   * @throws BadRequestException if there is none with cells of 8 pixels
   */
  public static ImmutableList<BoxMap> of(Model model) {
    StrideMaps maps = new StrideMaps(model);
    Map<Integer, List<BoxMap>> found = new HashMap<>();
    for (TensorRef tensor : maps.waists()) {
      maps.map(tensor)
          .forEach(map -> found.computeIfAbsent(map.stride(), k -> new ArrayList<>()).add(map));
    }
    ImmutableList.Builder<BoxMap> last = ImmutableList.builder();
    for (int stride : BoxMap.STRIDES) {
      List<BoxMap> all = found.getOrDefault(stride, List.of());
      int narrowest = all.stream().mapToInt(BoxMap::channels).min().orElse(0);
      all.stream()
          .filter(map -> map.channels() <= WIDE * narrowest)
          .reduce((a, b) -> b)
          .ifPresent(last::add);
    }
    return finest(model, last.build());
  }

  private static ImmutableList<BoxMap> finest(Model model, ImmutableList<BoxMap> all) {
    if (all.isEmpty() || all.get(0).stride() != BoxMap.STRIDES.get(0)) {
      throw new BadRequestException(
          "boxes are found on maps of the pictures with a cell for 8 pixels (and 16 and 32, if"
              + " there are), and "
              + model.name()
              + " has none through which all goes; take a convolutional network, or name the layers"
              + " whose outputs are such maps.");
    }
    return all;
  }

  /**
   * The maps that {@code tensors} are, the finest first.
   *
   * @throws BadRequestException if one is no map, or two have cells of one size
   */
  public static ImmutableList<BoxMap> named(Model model, List<TensorRef> tensors) {
    StrideMaps maps = new StrideMaps(model);
    TreeMap<Integer, BoxMap> byStride = new TreeMap<>();
    for (TensorRef tensor : tensors) {
      BoxMap map =
          maps.map(tensor).stream()
              .findFirst()
              .orElseThrow(
                  () ->
                      new BadRequestException(
                          "'"
                              + tensor
                              + "' is no map of the pictures with a cell for 8, 16 or 32 pixels;"
                              + " name the output of a convolution or of a block of them."));
      BoxMap other = byStride.put(map.stride(), map);
      if (other != null) {
        throw new BadRequestException(
            "'"
                + tensor
                + "' and '"
                + other.tensor()
                + "' both have a cell for "
                + map.stride()
                + " pixels; name one of them.");
      }
    }
    return finest(model, ImmutableList.copyOf(byStride.values()));
  }

  /** {@code tensor} as a map, or nothing. */
  private List<BoxMap> map(TensorRef tensor) {
    Shape shape = shapes.of(tensor);
    boolean known = shape.rank() == 4 && shape.dim(-1) > 0;
    if (!known
        || !DType.of(graph.dtype(tensor)).isFloating()
        || !(extents.get(tensor) instanceof Extent.Grid grid)) {
      return List.of();
    }
    for (int stride : BoxMap.STRIDES) {
      double rows = (double) PROBE / stride;
      if (isNear(grid.height(), rows) && isNear(grid.width(), rows)) {
        return List.of(new BoxMap(tensor, stride, (int) shape.dim(-1)));
      }
    }
    return List.of();
  }

  private static boolean isNear(long cells, double wanted) {
    return cells <= wanted * OFF && cells >= wanted / OFF;
  }

  /**
   * The tensors that every way from the pictures to an answer leads through, in their order: those
   * that no edge passes by.
   */
  private List<TensorRef> waists() {
    Set<String> between = graph.downstream(List.of(input.tensor().node()));
    between.retainAll(
        graph.upstream(
            model.servingSignature().outputs().values().stream()
                .map(output -> output.tensor().node())
                .toList()));
    List<NodeDef> ordered =
        graph.topological().stream().filter(node -> between.contains(node.getName())).toList();
    Map<String, Integer> positions = new HashMap<>();
    ordered.forEach(node -> positions.put(node.getName(), positions.size()));
    List<TensorRef> waists = new ArrayList<>();
    int reach = 0; // how far the edges lead that begin before here
    for (int i = 0; i < ordered.size(); i++) {
      String node = ordered.get(i).getName();
      if (reach <= i) {
        waists.add(TensorRef.of(node));
      }
      for (String reader : graph.consumers(node)) {
        if (reads(reader, node)) {
          reach = Math.max(reach, positions.getOrDefault(reader, 0));
        }
      }
    }
    return waists;
  }

  private boolean reads(String reader, String node) {
    return Nodes.dataInputs(graph.node(reader)).stream().anyMatch(in -> in.node().equals(node));
  }
}
