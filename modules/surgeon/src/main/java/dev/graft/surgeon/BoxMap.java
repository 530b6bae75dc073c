package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A map of a backbone that a head for boxes reads.
 *
 * @param tensor [N, rows, columns, channels]
 * @param stride how many pixels a cell is wide
 * @param channels how many numbers it has for each cell
 */
@Internal
public record BoxMap(TensorRef tensor, int stride, int channels) {

  /** The sizes of cells that a head for boxes can read, in pixels. */
  public static final ImmutableList<Integer> STRIDES = ImmutableList.of(8, 16, 32);

  private static final Pattern READER = Pattern.compile("_lateral_(\\d+)_dropout");

  /** Those that heads of {@code model} read, the finest first; none where no head finds boxes. */
  public static ImmutableList<BoxMap> of(Model model) {
    return model.heads().stream()
        .filter(head -> head.kind() == Head.Kind.BOXES)
        .map(head -> head.logits().node().replaceFirst("/.*", "")) // which its layers begin with
        .flatMap(head -> model.layers().stream().flatMap(layer -> read(head, layer)))
        .sorted(Comparator.comparingInt(BoxMap::stride))
        .collect(ImmutableList.toImmutableList());
  }

  private static Stream<BoxMap> read(String head, Layer layer) {
    if (!layer.name().startsWith(head) || layer.inputs().isEmpty()) {
      return Stream.empty();
    }
    Matcher reader = READER.matcher(layer.name().substring(head.length()));
    if (!reader.matches()) {
      return Stream.empty();
    }
    int channels = (int) layer.outputShape().dim(-1);
    return Stream.of(
        new BoxMap(layer.inputs().get(0), Integer.parseInt(reader.group(1)), channels));
  }

  /**
   * The layer of {@code model} whose output it is, or else the tensor: so it can be named again.
   */
  public String name(Model model) {
    return model.layers().stream()
        .filter(each -> each.outputs().equals(List.of(tensor)))
        .map(Layer::name)
        .findFirst()
        .orElse(tensor.toString());
  }
}
