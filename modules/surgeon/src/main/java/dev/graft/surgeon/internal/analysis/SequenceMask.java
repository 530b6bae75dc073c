package dev.graft.surgeon.internal.analysis;

import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.tensor.DType;
import dev.graft.words.Remedy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
public record SequenceMask(TensorRef read, double padding, boolean ofFeatures) {

  private static final Pattern MASK_ZERO = Pattern.compile("\"mask_zero\"\\s*:\\s*true");
  private static final Pattern MASK_VALUE = // as Python writes numbers into JSON
      Pattern.compile("\"mask_value\"\\s*:\\s*(-?Infinity|NaN|-?\\d[-+.eE\\d]*)");
  private static final Pattern AXIS = Pattern.compile("\"axis\"\\s*:\\s*(-?\\d+)");

  /** Layers that make one sequence of several, and a mask of theirs. */
  private static final ImmutableSet<String> MERGED =
      ImmutableSet.of(
          "Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract");

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
   * @throws BadRequestException if some of the model's positions are padding, and it is not known
   *     which these are behind a layer that stands between
   */
  public static Optional<SequenceMask> of(Model model, TensorRef features) {
    lost(model, features)
        .ifPresent(
            why -> {
              throw new BadRequestException(
                  why
                      + ", so padding cannot be left out of the pooling; pool all positions, padding"
                      + " too, take the first position if it stands for the whole, or cut before"
                      + " that layer.",
                  Remedy.POOL_ALL,
                  Remedy.POOL_FIRST,
                  Remedy.CUT);
            });
    return ifKnown(model, features);
  }

  /** The same; none where it is not known which positions are padding, see {@link #lost}. */
  public static Optional<SequenceMask> ifKnown(Model model, TensorRef features) {
    Search search = new Search(model);
    Optional<SequenceMask> mask = search.mask(features);
    return search.lost == null ? mask : Optional.empty();
  }

  /** Why it is not known which positions of {@code features} are padding, though some may be. */
  public static Optional<String> lost(Model model, TensorRef features) {
    Search search = new Search(model);
    search.mask(features);
    return Optional.ofNullable(search.lost);
  }

  /**
   * This mask on another way to the same features, as a second signature has one: what stands on
   * the other way where {@link #read} stands on this one.
   *
   * @param features the end of this way
   * @param others the end of the other
   * @return empty if the two ways differ
   */
  public Optional<SequenceMask> along(Graph graph, TensorRef features, TensorRef others) {
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

  /** Whether a layer says which positions are padding. */
  private static boolean says(Layer layer) {
    return !layer.inputs().isEmpty()
        && (layer.className().equals("Masking") || MASK_ZERO.matcher(layer.config()).find());
  }

  /** What it says, where that can be read. */
  private static Optional<SequenceMask> said(Layer layer) {
    TensorRef read = layer.inputs().get(0);
    if (!layer.className().equals("Masking")) {
      return Optional.of(new SequenceMask(read, 0, false));
    }
    Matcher value = MASK_VALUE.matcher(layer.config());
    return value.find()
        ? Optional.of(new SequenceMask(read, Double.parseDouble(value.group(1)), true))
        : Optional.empty();
  }

  /** The way back from a sequence to the layer that says which of its positions are padding. */
  private static final class Search {
    private final Graph graph;
    private final List<Layer> layers;
    private final Set<String> masked;
    private final Map<TensorRef, Optional<SequenceMask>> seen = new HashMap<>();
    private @Nullable String lost;

    Search(Model model) {
      this.graph = model.graph();
      this.layers = model.allLayers().toList();
      this.masked =
          graph.downstream(
              layers.stream()
                  .filter(SequenceMask::says)
                  .flatMap(layer -> layer.outputs().stream())
                  .map(TensorRef::node)
                  .filter(graph::contains)
                  .toList());
    }

    Optional<SequenceMask> mask(TensorRef tensor) {
      if (!masked.contains(tensor.node())) {
        return Optional.empty();
      }
      Optional<SequenceMask> known = seen.putIfAbsent(tensor, Optional.empty()); // ends circles
      if (known != null) {
        return known;
      }
      Optional<SequenceMask> found = found(tensor);
      seen.put(tensor, found);
      return found;
    }

    private Optional<SequenceMask> found(TensorRef tensor) {
      Layer layer = null; // the innermost, which stands last
      for (Layer each : layers) {
        layer = each.outputs().contains(tensor) ? each : layer;
      }
      if (layer != null && says(layer)) {
        Optional<SequenceMask> said = said(layer);
        return said.isPresent() ? said : lost(tensor, layer);
      }
      if (layer != null && ENDS.matcher(layer.className()).matches()) {
        return Optional.empty();
      }
      if (layer == null || !HANDED_ON.contains(layer.className())) {
        return lost(tensor, layer);
      }
      List<TensorRef> sequences =
          layer.inputs().stream()
              .filter(in -> DType.of(graph.dtype(in)).isFloating())
              .limit(MERGED.contains(layer.className()) ? Long.MAX_VALUE : 1) // else states, values
              .toList();
      List<SequenceMask> masks =
          sequences.stream().map(this::mask).flatMap(Optional::stream).distinct().toList();
      boolean moved = layer.className().equals("Concatenate") && !isOfFeatures(layer);
      if (masks.size() > 1 || (moved && !masks.isEmpty())) {
        return lost(tensor, layer);
      }
      return masks.stream().findFirst();
    }

    /** Whether positions stay, and each has more features. */
    private static boolean isOfFeatures(Layer layer) {
      Matcher axis = AXIS.matcher(layer.config());
      int rank = layer.outputShape().hasRank() ? layer.outputShape().rank() : 3;
      int at = axis.find() ? Integer.parseInt(axis.group(1)) : -1;
      return at == -1 || at == rank - 1;
    }

    private Optional<SequenceMask> lost(TensorRef tensor, @Nullable Layer layer) {
      String source =
          layers.stream().filter(SequenceMask::says).map(Layer::name).findFirst().orElseThrow();
      if (lost == null) {
        lost =
            "the layer '"
                + source
                + "' says which positions of a sequence are padding, but which these are behind "
                + (layer == null
                    ? "'" + tensor + "'"
                    : "'" + layer.name() + "' (" + layer.className() + ")")
                + " is not known";
      }
      return Optional.empty();
    }
  }
}
