package dev.graft.surgeon;

import com.google.common.collect.ImmutableSet;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which positions of a sequence are padding, as Keras has it: an embedding with {@code
 * mask_zero=True} and a Masking layer say so, and layers hand it on to those behind them.
 *
 * @param read what the layer that says it reads: ids [N, positions], or [N, positions, features]
 * @param padding the value that says that a position is padding
 * @param ofFeatures whether all features of a position have to have that value
 */
record SequenceMask(TensorRef read, double padding, boolean ofFeatures) {

  private static final Pattern MASK_ZERO = Pattern.compile("\"mask_zero\"\\s*:\\s*true");
  private static final Pattern MASK_VALUE = Pattern.compile("\"mask_value\"\\s*:\\s*([-+.eE\\d]+)");

  /** Layers that give each position of what they read a position, and its mask with it. */
  private static final ImmutableSet<String> HANDED_ON =
      ImmutableSet.of(
          "Activation",
          "ActivityRegularization",
          "Add",
          "AlphaDropout",
          "Average",
          "BatchNormalization",
          "Bidirectional",
          "Concatenate",
          "Dense",
          "Dropout",
          "ELU",
          "EinsumDense",
          "GRU",
          "GaussianDropout",
          "GaussianNoise",
          "LSTM",
          "LayerNormalization",
          "LeakyReLU",
          "Masking",
          "Maximum",
          "Minimum",
          "MultiHeadAttention",
          "Multiply",
          "PReLU",
          "RNN",
          "ReLU",
          "SimpleRNN",
          "Softmax",
          "SpatialDropout1D",
          "Subtract",
          "ThresholdedReLU",
          "TimeDistributed",
          "UnitNormalization");

  /** Layers behind which positions are others, so that Keras has no mask there. */
  private static final Pattern ENDS =
      Pattern.compile(
          "(Separable|Depthwise)?Conv\\d.*|.*Pooling\\dD|Flatten|Reshape|Permute|RepeatVector"
              + "|UpSampling\\dD|ZeroPadding\\dD|Cropping\\dD|LocallyConnected\\dD|InputLayer");

  /**
   * The mask of the sequence {@code features}, if there is one.
   *
   * @throws BadRequestException if some of the model's positions are padding, and a layer stands
   *     between of which it is not known whether its positions are the same
   */
  static Optional<SequenceMask> of(Model model, TensorRef features) {
    return new Search(model).mask(features);
  }

  /**
   * This mask on another way to the same features, as a second signature has one: what stands on
   * the other way where {@link #read} stands on this one.
   *
   * @param features the end of this way
   * @param others the end of the other
   * @return empty if the two ways differ
   */
  Optional<SequenceMask> along(Graph graph, TensorRef features, TensorRef others) {
    Deque<TensorRef[]> open = new ArrayDeque<>();
    open.push(new TensorRef[] {features, others});
    Set<TensorRef> seen = new HashSet<>();
    while (!open.isEmpty()) {
      TensorRef[] pair = open.pop();
      if (pair[0].equals(read)) {
        return Optional.of(new SequenceMask(pair[1], padding, ofFeatures));
      }
      List<TensorRef> here = Nodes.dataInputs(graph.node(pair[0].node()));
      List<TensorRef> there = Nodes.dataInputs(graph.node(pair[1].node()));
      boolean alike =
          seen.add(pair[0])
              && here.size() == there.size()
              && graph.node(pair[0].node()).getOp().equals(graph.node(pair[1].node()).getOp());
      for (int i = 0; alike && i < here.size(); i++) {
        open.push(new TensorRef[] {here.get(i), there.get(i)});
      }
    }
    return Optional.empty();
  }

  /** What a layer says about padding, if it says something. */
  private static @Nullable SequenceMask said(Layer layer) {
    if (layer.inputs().isEmpty()) {
      return null;
    }
    TensorRef read = layer.inputs().get(0);
    if (MASK_ZERO.matcher(layer.config()).find()) {
      return new SequenceMask(read, 0, false);
    }
    Matcher value = MASK_VALUE.matcher(layer.config());
    return layer.className().equals("Masking") && value.find()
        ? new SequenceMask(read, Double.parseDouble(value.group(1)), true)
        : null;
  }

  /** The way back from a sequence to the layer that says which of its positions are padding. */
  private static final class Search {
    private final Graph graph;
    private final List<Layer> layers;
    private final Set<String> masked;
    private final Set<TensorRef> seen = new HashSet<>();

    Search(Model model) {
      this.graph = model.graph();
      this.layers = model.allLayers().toList();
      this.masked =
          graph.downstream(
              layers.stream()
                  .filter(layer -> said(layer) != null)
                  .flatMap(layer -> layer.outputs().stream())
                  .map(TensorRef::node)
                  .filter(graph::contains)
                  .toList());
    }

    Optional<SequenceMask> mask(TensorRef tensor) {
      if (!masked.contains(tensor.node()) || !seen.add(tensor)) {
        return Optional.empty();
      }
      Layer layer = null; // the innermost, which stands last
      for (Layer each : layers) {
        layer = each.outputs().contains(tensor) ? each : layer;
      }
      SequenceMask said = layer == null ? null : said(layer);
      if (said != null) {
        return Optional.of(said);
      }
      if (layer != null && ENDS.matcher(layer.className()).matches()) {
        return Optional.empty();
      }
      if (layer == null || !HANDED_ON.contains(layer.className())) {
        throw lost(tensor, layer);
      }
      return layer.inputs().stream()
          .filter(in -> HeadBuilder.isFloating(graph.dtype(in)))
          .map(this::mask)
          .flatMap(Optional::stream)
          .findFirst();
    }

    private BadRequestException lost(TensorRef tensor, @Nullable Layer layer) {
      String source =
          layers.stream()
              .filter(each -> said(each) != null)
              .map(Layer::name)
              .findFirst()
              .orElseThrow();
      return new BadRequestException(
          "the layer '"
              + source
              + "' says which positions of a sequence are padding, but whether that still holds"
              + " behind "
              + (layer == null
                  ? "'" + tensor + "'"
                  : "'" + layer.name() + "' (" + layer.className() + ")")
              + " is not known, so padding cannot be left out of the pooling; take the first"
              + " position (pooling FIRST, --pooling first) if it stands for the whole, or cut"
              + " before that layer.");
    }
  }
}
