package dev.graft.model;

import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An answer that the model gives. The trainer derives objective and metrics from it, the exporter
 * its signatures.
 *
 * @param name its name, which is also that of the output in the signature
 * @param kind what sort of answer it is
 * @param labels what its outputs mean; empty for regression, embeddings and classifiers whose
 *     labels are not known
 * @param features what the head reads: the tensor at which the backbone was cut; of several, the
 *     last
 * @param logits its raw answer, before softmax or sigmoid
 * @param output what the signature gives; the first of several
 * @param units the size of the answer's last dimension
 * @param threshold the score from which on its boxes are shown, if training chose one
 */
public record Head(
    String name,
    Kind kind,
    Optional<Labels> labels,
    TensorRef features,
    TensorRef logits,
    TensorRef output,
    int units,
    Optional<Double> threshold) {

  /** A head of which no threshold is known. */
  public Head(
      String name,
      Kind kind,
      Optional<Labels> labels,
      TensorRef features,
      TensorRef logits,
      TensorRef output,
      int units) {
    this(name, kind, labels, features, logits, output, units, Optional.empty());
  }

  /** Returns this under another name. */
  public Head name(String value) {
    return new Head(value, kind, labels, features, logits, output, units, threshold);
  }

  /** Returns this with boxes shown from a score on. */
  public Head threshold(double value) {
    return new Head(name, kind, labels, features, logits, output, units, Optional.of(value));
  }

  /** What sort of answer a head gives. */
  public enum Kind {
    /** Exactly one label holds: softmax over the logits. */
    SINGLE_LABEL(Targets.ONE_LABEL),
    /** Any number of labels hold: a sigmoid for each. */
    MULTI_LABEL(Targets.ANY_LABELS),
    /** Numbers. */
    REGRESSION(Targets.NUMBERS),
    /** A vector to compare with others, of length 1. */
    EMBEDDING(Targets.LIKENESS),
    /**
     * Boxes around what the labels name. Its raw answer is a map [N, rows, columns, labels + 4]:
     * for each cell of 8 pixels how likely the centre of a box of each label lies in it, as logits,
     * and the logarithms of how many cells that box reaches to the left, up, to the right and down.
     */
    BOXES(Targets.BOXES);

    private final Targets targets;

    Kind(Targets targets) {
      this.targets = targets;
    }

    /** What the data say for each example, for such a head to learn from. */
    public Targets targets() {
      return targets;
    }

    /** Whether its outputs stand for labels. */
    public boolean hasLabels() {
      return targets == Targets.ONE_LABEL || targets == Targets.ANY_LABELS;
    }
  }

  /** What a head learns from. */
  public enum Targets {
    /** One label for each example, or shares of labels that add up to 1. */
    ONE_LABEL,
    /** For each label whether it holds. */
    ANY_LABELS,
    /** A number for each output. */
    NUMBERS,
    /** Which examples belong together, or a vector for each. */
    LIKENESS,
    /** Boxes, of which each example has any number. */
    BOXES
  }

  /** The nodes of {@code graph} that make its logits of its features. */
  @Internal
  public Set<String> nodes(Graph graph) {
    Set<String> nodes = graph.upstream(List.of(logits.node()));
    nodes.removeAll(graph.upstream(List.of(features.node())));
    return nodes;
  }
}
