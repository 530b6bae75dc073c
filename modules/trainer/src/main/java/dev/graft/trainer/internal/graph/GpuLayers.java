package dev.graft.trainer.internal.graph;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/**
 * Layers of which there is a form for GPUs: Keras 2's LSTM and GRU, which it saves by cuDNN's
 * kernel, too. One that reads a mask has the form that reads it, or stays the loop.
 */
public final class GpuLayers {

  private GpuLayers() {}

  /**
   * What is laid over a graph whose step runs on a GPU: {@code inTraining}, in that form where they
   * have one, and all others that have one and do the same in training as in the graph.
   *
   * @param known what {@link #known} gives; a layer of which a step is fed what lies within has no
   *     place for another form
   */
  public static ImmutableList<Layer> of(
      Model model, Collection<Layer> inTraining, Set<String> known) {
    List<Layer> all = new ArrayList<>();
    inTraining.forEach(layer -> all.add(inItsForm(layer).orElse(layer)));
    Set<String> taken = inTraining.stream().flatMap(GpuLayers::outputs).collect(Collectors.toSet());
    model.layers().forEach(layer -> add(layer, taken, known, all));
    return ImmutableList.copyOf(all);
  }

  /** The nodes of {@code graph} that a step computes for its answers, and those that it is fed. */
  public static Set<String> known(
      Graph graph, Collection<TensorRef> fed, Collection<TensorRef> answers) {
    Set<String> known = new HashSet<>(graph.upstream(nodes(answers), nodes(fed)));
    known.addAll(nodes(fed));
    return known;
  }

  private static Set<String> nodes(Collection<TensorRef> tensors) {
    return tensors.stream().map(TensorRef::node).collect(Collectors.toSet());
  }

  /** How many of {@code layers} are in that form. */
  public static long count(Collection<Layer> layers) {
    return layers.stream()
        .filter(layer -> layer.onGpu().isPresent() && layer.onGpu().equals(layer.training()))
        .count();
  }

  /** Adds {@code layer}, or those inside it; what is inside one in training is in its function. */
  private static void add(Layer layer, Set<String> taken, Set<String> known, List<Layer> all) {
    if (outputs(layer).anyMatch(taken::contains)) {
      return;
    }
    boolean isWhole =
        layer.training().isEmpty()
            && outputs(layer).anyMatch(known::contains)
            && layer.inputs().stream().map(TensorRef::node).allMatch(known::contains)
            && layer.walk().flatMap(GpuLayers::outputs).noneMatch(taken::contains);
    Optional<Layer> form = isWhole ? inItsForm(layer) : Optional.empty();
    form.ifPresentOrElse(
        all::add, () -> layer.children().forEach(child -> add(child, taken, known, all)));
  }

  private static Optional<Layer> inItsForm(Layer layer) {
    return layer
        .onGpu()
        .filter(SavedFunction::isUsable)
        .filter(form -> !endsTheProcess(form))
        .map(form -> layer.toBuilder().training(form).build());
  }

  /**
   * Whether it has cuDNN's kernel in bfloat16, as Keras saves it under {@code mixed_bfloat16}:
   * TensorFlow has that registered, and knows no such type where it asks cuDNN.
   */
  private static boolean endsTheProcess(SavedFunction form) {
    return form.definitions().values().stream()
        .flatMap(function -> function.getNodeDefList().stream())
        .filter(node -> node.getOp().startsWith("CudnnRNN") && node.containsAttr("T"))
        .anyMatch(node -> node.getAttrOrThrow("T").getType() == DataType.DT_BFLOAT16);
  }

  private static Stream<String> outputs(Layer layer) {
    return layer.outputs().stream().map(TensorRef::node);
  }
}
