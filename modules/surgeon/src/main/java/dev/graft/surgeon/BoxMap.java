package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A map of a backbone that a head for boxes reads.
 *
 * @param name the layer whose output it is, or else the tensor, by which it can be named again
 * @param tensor [N, rows, columns, channels]
 * @param stride how many pixels a cell is wide
 * @param channels how many numbers it has for each cell
 */
@Internal
public record BoxMap(String name, TensorRef tensor, int stride, int channels) {

  /** The sizes of cells that a head for boxes can read, in pixels. */
  public static final ImmutableList<Integer> STRIDES = ImmutableList.of(8, 16, 32);

  private static final Pattern READER = Pattern.compile(".*_lateral_(\\d+)_dropout");

  /** Those of {@code model}, the finest first; none where no head finds boxes. */
  public static ImmutableList<BoxMap> of(Model model) {
    return model.layers().stream()
        .flatMap(layer -> READER.matcher(layer.name()).results().map(found -> of(model, layer)))
        .sorted(Comparator.comparingInt(BoxMap::stride))
        .collect(ImmutableList.toImmutableList());
  }

  private static BoxMap of(Model model, Layer reader) {
    Matcher found = READER.matcher(reader.name());
    int stride = found.matches() ? Integer.parseInt(found.group(1)) : 0;
    TensorRef tensor = reader.inputs().get(0);
    String name =
        model.layers().stream()
            .filter(layer -> layer.outputs().equals(List.of(tensor)))
            .map(Layer::name)
            .findFirst()
            .orElse(tensor.toString());
    return new BoxMap(name, tensor, stride, (int) reader.outputShape().dim(-1));
  }
}
