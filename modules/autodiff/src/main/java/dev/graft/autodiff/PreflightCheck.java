package dev.graft.autodiff;

import com.google.common.collect.ImmutableList;
import dev.graft.autodiff.gradient.MissingGradient;
import dev.graft.autodiff.internal.preflight.FreezeWords;
import dev.graft.autodiff.internal.preflight.GradientEnds;
import dev.graft.autodiff.internal.preflight.GradientPaths;
import dev.graft.error.Internal;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Finds out from a model's graph which of its variables gradients get to. Runs no native code. */
@Internal
public final class PreflightCheck {

  private static final int CUTS_TRIED = 20;

  private final Model model;
  private final Map<String, TensorRef> outputs;
  private final List<Variable> variables;

  private PreflightCheck(
      Model model, Map<String, TensorRef> outputs, Collection<Variable> variables) {
    this.model = model;
    this.outputs = outputs;
    this.variables = List.copyOf(variables);
  }

  /**
   * Looks for gradients.
   *
   * @param outputs what a loss would be made of, by the names that a user knows
   * @param variables whose gradients are wanted
   */
  public static Preflight of(
      Model model, Map<String, TensorRef> outputs, Collection<Variable> variables) {
    return new PreflightCheck(model, outputs, variables).check();
  }

  private List<TensorRef> handles() {
    return variables.stream().map(Variable::handle).toList();
  }

  private Preflight check() {
    GradientPaths paths = new GradientPaths(model.graph(), handles(), outputs.values());
    List<Variable> reached = new ArrayList<>();
    List<Variable> unreached = new ArrayList<>();
    Map<GradientPaths.Obstacle, List<Variable>> cutOff = new LinkedHashMap<>();
    paths.obstacles().forEach(obstacle -> cutOff.put(obstacle, new ArrayList<>()));
    for (Variable variable : variables) {
      Set<GradientPaths.Obstacle> before = paths.before(variable.handle());
      if (!before.isEmpty()) {
        before.forEach(
            obstacle -> cutOff.computeIfAbsent(obstacle, k -> new ArrayList<>()).add(variable));
      } else if (paths.reaches(variable.handle())) {
        reached.add(variable);
      } else {
        unreached.add(variable);
      }
    }
    cutOff.values().removeIf(List::isEmpty);
    ImmutableList.Builder<Preflight.Obstacle> obstacles = ImmutableList.builder();
    cutOff.forEach((at, behind) -> obstacles.add(obstacle(at, behind)));
    Map<NodeDef, List<Variable>> ends = GradientEnds.of(model.graph(), outputs.values(), unreached);
    return new Preflight(
        ImmutableList.copyOf(reached),
        ImmutableList.copyOf(unreached),
        obstacles.build(),
        ends.entrySet().stream().map(this::ending).collect(ImmutableList.toImmutableList()),
        !cutOff.isEmpty()
            ? Optional.of(remedy(cutOff))
            : reached.isEmpty() && !ends.isEmpty() ? cutBefore(ends) : Optional.empty());
  }

  private Preflight.Ending ending(Map.Entry<NodeDef, List<Variable>> end) {
    String node = end.getKey().getName();
    return new Preflight.Ending(
        end.getKey().getOp(), node, layer(node), ImmutableList.copyOf(end.getValue()));
  }

  /** What to do where nothing can be trained because all gradients end. */
  private Optional<Preflight.Remedy> cutBefore(Map<NodeDef, List<Variable>> ends) {
    Set<Variable> ended = new LinkedHashSet<>();
    ends.values().forEach(ended::addAll);
    Optional<String> layer = cut(ends.keySet().stream().map(NodeDef::getName).toList(), ended);
    return layer
        .or(
            () ->
                ends.keySet().stream()
                    .flatMap(end -> Nodes.dataInputs(end).stream())
                    .filter(tensor -> carriesHead(tensor) && works(tensor, ended))
                    .map(TensorRef::toString)
                    .findFirst())
        .map(at -> new Preflight.Remedy("", Optional.of(at), ImmutableList.of()));
  }

  private Preflight.Obstacle obstacle(GradientPaths.Obstacle at, List<Variable> behind) {
    return new Preflight.Obstacle(
        at.op().getOp(),
        at.node().equals(at.inner()) ? at.node() : at.node() + " > " + at.inner(),
        layer(at.node()),
        MissingGradient.reason(at.op()),
        ImmutableList.copyOf(behind));
  }

  private Preflight.Remedy remedy(Map<GradientPaths.Obstacle, List<Variable>> cutOff) {
    Set<Variable> blocked = new LinkedHashSet<>();
    cutOff.values().forEach(blocked::addAll);
    return new Preflight.Remedy(
        FreezeWords.of(model, blocked),
        cut(cutOff.keySet().stream().map(GradientPaths.Obstacle::node).toList(), blocked),
        outputs.keySet().stream()
            .filter(name -> works(Objects.requireNonNull(outputs.get(name)), variables))
            .collect(ImmutableList.toImmutableList()));
  }

  /** The innermost layer that the node is named after. */
  private String layer(String node) {
    String best = "";
    int end = -1;
    for (Layer layer : model.allLayers().toList()) {
      int at = ("/" + node).lastIndexOf("/" + layer.name() + "/");
      if (!layer.name().isEmpty() && at >= 0 && at + layer.name().length() >= end) {
        best = layer.name();
        end = at + layer.name().length();
      }
    }
    return best;
  }

  /** The last layer above all of the nodes from which gradients get to what is cut off now. */
  private Optional<String> cut(List<String> nodes, Set<Variable> blocked) {
    Set<String> below = model.graph().downstream(nodes);
    Set<String> above = model.graph().upstream(nodes);
    List<Candidate> candidates = new ArrayList<>();
    for (Layer layer : model.layers()) {
      List<TensorRef> live =
          layer.outputs().stream().filter(tensor -> above.contains(tensor.node())).toList();
      if (live.size() == 1 && !below.contains(live.get(0).node()) && carriesHead(live.get(0))) {
        candidates.add(
            new Candidate(
                layer.name(),
                live.get(0),
                model.graph().upstream(List.of(live.get(0).node())).size()));
      }
    }
    return candidates.stream()
        .sorted((a, b) -> Integer.compare(b.depth(), a.depth()))
        .limit(CUTS_TRIED)
        .filter(candidate -> works(candidate.tensor(), blocked))
        .map(Candidate::layer)
        .findFirst();
  }

  private record Candidate(String layer, TensorRef tensor, int depth) {}

  private boolean carriesHead(TensorRef tensor) {
    return DType.of(model.graph().dtype(tensor)).isContinuous();
  }

  /** Whether gradients from {@code tensor} get to some of the variables, and none is blocked. */
  private boolean works(TensorRef tensor, Collection<Variable> some) {
    GradientPaths paths = new GradientPaths(model.graph(), handles(), List.of(tensor));
    return variables.stream().allMatch(variable -> paths.before(variable.handle()).isEmpty())
        && some.stream().anyMatch(variable -> paths.reaches(variable.handle()));
  }
}
