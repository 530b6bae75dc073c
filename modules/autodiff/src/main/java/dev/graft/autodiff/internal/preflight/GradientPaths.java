package dev.graft.autodiff.internal.preflight;

import dev.graft.autodiff.internal.engine.Activity;
import dev.graft.autodiff.internal.engine.Engine;
import dev.graft.autodiff.internal.loop.LoopActivity;
import dev.graft.autodiff.internal.rules.AllRules;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.CustomGradient;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.graph.op.GradientSupport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.AttrValue.ListValue;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * Where gradients would go in a graph, bodies of loops and branches included. It walks as the
 * {@link Engine} does but builds nothing and asks no rule: what an op lets pass it knows from
 * {@link GradientSupport}.
 */
public final class GradientPaths {

  /**
   * An op that no gradient passes.
   *
   * @param node its name in the outermost graph, or that of the loop or branch it is in
   * @param inner its own name
   */
  public record Obstacle(String node, String inner, NodeDef op) {}

  /** What arrives at a tensor: a gradient, or one that would if some obstacles were not there. */
  private static final class Arrival {
    boolean reached;
    final Set<Obstacle> behind = new LinkedHashSet<>();

    boolean isEmpty() {
      return !reached && behind.isEmpty();
    }

    /** Adds what arrived elsewhere; whether anything is new. */
    boolean add(Arrival other, boolean passes) {
      boolean more = passes && other.reached && !reached;
      reached |= more;
      return behind.addAll(other.behind) | more;
    }

    Arrival copy() {
      Arrival copy = new Arrival();
      copy.add(this, true);
      return copy;
    }
  }

  private final Graph graph;
  private final String outer;
  private final Activity active;
  private final GradientSupport support = GradientSupport.standard();
  private final Map<TensorRef, Arrival> arrivals = new HashMap<>();
  private final Found found;

  /** What all graphs inside have in common: their functions, and what was met so far. */
  private record Found(Map<String, FunctionGraph> flattened, Set<Obstacle> obstacles) {}

  /** Follows gradients from {@code ys} towards {@code xs}. */
  public GradientPaths(Graph graph, Collection<TensorRef> xs, Collection<TensorRef> ys) {
    this(graph, "", xs, reached(ys), new Found(new HashMap<>(), new LinkedHashSet<>()));
  }

  private GradientPaths(
      Graph graph,
      String outer,
      Collection<TensorRef> xs,
      Map<TensorRef, Arrival> seeds,
      Found found) {
    this.graph = graph;
    this.outer = outer;
    this.active = new Activity(graph, AllRules.standard(), xs);
    this.found = found;
    seeds.forEach(
        (y, arrival) -> {
          if (active.contains(y)) {
            at(y).add(arrival, true);
          }
        });
    walk(active.upstream(seeds.keySet()));
  }

  private static Map<TensorRef, Arrival> reached(Collection<TensorRef> ys) {
    Map<TensorRef, Arrival> seeds = new LinkedHashMap<>();
    for (TensorRef y : ys) {
      Arrival arrival = new Arrival();
      arrival.reached = true;
      seeds.put(y, arrival);
    }
    return seeds;
  }

  /** Whether a gradient gets to {@code x}, obstacles on other paths to it left out of account. */
  public boolean reaches(TensorRef x) {
    return at(x).reached;
  }

  /** All obstacles that a gradient comes to, nearest to the ys first. */
  public Set<Obstacle> obstacles() {
    return found.obstacles;
  }

  /** The obstacles on the way to {@code x}. */
  public Set<Obstacle> before(TensorRef x) {
    return at(x).behind;
  }

  private Arrival at(TensorRef tensor) {
    return arrivals.computeIfAbsent(tensor, k -> new Arrival());
  }

  /** Once is enough unless the graph has loops of TF1's kind. */
  private void walk(List<NodeDef> order) {
    for (boolean changed = true; changed; ) {
      changed = false;
      Set<String> done = new LinkedHashSet<>();
      for (int i = order.size() - 1; i >= 0; i--) {
        NodeDef node = order.get(i);
        done.add(node.getName());
        for (TensorRef input : pass(node)) {
          changed |= done.contains(input.node()); // only on a way round
        }
      }
    }
  }

  /** Hands on what arrived at {@code node}; the inputs at which anything is new. */
  private Set<TensorRef> pass(NodeDef node) {
    List<Arrival> outgoing = new ArrayList<>();
    Arrival all = new Arrival();
    for (int i = 0; i < graph.outputTypes(node.getName()).size(); i++) {
      Arrival arrival = at(new TensorRef(node.getName(), i));
      outgoing.add(arrival);
      all.add(arrival, true);
    }
    Set<TensorRef> fresh = new LinkedHashSet<>();
    if (all.isEmpty() || support.of(node.getOp()) == GradientSupport.Kind.ENDS) {
      return fresh;
    }
    List<TensorRef> inputs = Nodes.dataInputs(node);
    switch (node.getOp()) {
      case "While", "StatelessWhile" -> loop(node, inputs, outgoing, fresh);
      case "If", "StatelessIf", "Case", "StatelessCase" -> branch(node, inputs, outgoing, fresh);
      default -> {
        Optional<CustomGradient> custom = CustomGradient.of(graph, node);
        if (all.reached && isObstacle(node, custom)) { // what lies behind others is not asked
          Obstacle obstacle =
              new Obstacle(outer.isEmpty() ? node.getName() : outer, node.getName(), node);
          found.obstacles.add(obstacle);
          all.behind.add(obstacle);
          all.reached = false;
        }
        for (int i = 0; i < inputs.size(); i++) {
          give(inputs.get(i), all, passesTo(node, i, custom), fresh);
        }
      }
    }
    return fresh;
  }

  private boolean isObstacle(NodeDef node, Optional<CustomGradient> custom) {
    GradientSupport.Kind kind = support.of(node.getOp());
    return custom.filter(CustomGradient.Unknown.class::isInstance).isPresent()
        || kind == GradientSupport.Kind.UNDEFINED
        || kind == GradientSupport.Kind.MISSING;
  }

  private boolean passesTo(NodeDef node, int input, Optional<CustomGradient> custom) {
    if (custom.isPresent() && custom.get() instanceof CustomGradient.Saved saved) {
      return input < saved.results().size() && saved.results().get(input) >= 0;
    }
    return support.passesTo(node.getOp(), input);
  }

  private void give(TensorRef input, Arrival arrival, boolean passes, Set<TensorRef> fresh) {
    if (active.contains(input) && at(input).add(arrival, passes)) {
      fresh.add(input);
    }
  }

  // ---- control flow

  private FunctionGraph function(NodeDef node, NameAttrList name) {
    return found.flattened.computeIfAbsent(
        name.getName(), key -> FunctionInliner.flatten(node, key, graph.functions()));
  }

  private GradientPaths inside(
      NodeDef node, FunctionGraph body, Set<Integer> by, Map<TensorRef, Arrival> seeds) {
    List<TensorRef> xs = by.stream().map(i -> TensorRef.of(body.arguments().get(i))).toList();
    return new GradientPaths(
        body.graph(), outer.isEmpty() ? node.getName() : outer, xs, seeds, found);
  }

  private void loop(
      NodeDef node, List<TensorRef> inputs, List<Arrival> outgoing, Set<TensorRef> fresh) {
    FunctionGraph body = function(node, node.getAttrOrThrow("body").getFunc());
    Set<Integer> wanted = new TreeSet<>();
    Set<Integer> arrived = new TreeSet<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (active.contains(inputs.get(i))) {
        wanted.add(i);
      }
      if (!outgoing.get(i).isEmpty()) {
        arrived.add(i);
      }
    }
    LoopActivity loop = new LoopActivity(body, AllRules.standard(), wanted, arrived);
    Map<Integer, Arrival> states = new HashMap<>();
    loop.carried().forEach(i -> states.put(i, outgoing.get(i).copy()));
    GradientPaths step;
    boolean changed;
    do { // what a step finds arrives at the step before
      Map<TensorRef, Arrival> seeds = new LinkedHashMap<>();
      states.forEach(
          (i, state) ->
              seeds.computeIfAbsent(body.results().get(i), k -> new Arrival()).add(state, true));
      step = inside(node, body, loop.by(), seeds);
      changed = false;
      for (Map.Entry<Integer, Arrival> state : states.entrySet()) {
        TensorRef argument = TensorRef.of(body.arguments().get(state.getKey()));
        changed |= state.getValue().add(step.at(argument), true);
      }
    } while (changed);
    boolean any = states.values().stream().anyMatch(state -> state.reached);
    for (int i : loop.by()) {
      Arrival found = step.at(TensorRef.of(body.arguments().get(i))).copy();
      found.add(outgoing.get(i), true);
      Arrival state = states.get(i);
      if (state != null) {
        found.add(state, true);
        found.reached |= any; // zeros at least
      }
      give(inputs.get(i), found, true, fresh);
    }
  }

  private void branch(
      NodeDef node, List<TensorRef> inputs, List<Arrival> outgoing, Set<TensorRef> fresh) {
    Set<Integer> by = new TreeSet<>();
    for (int i = 1; i < inputs.size(); i++) {
      if (active.contains(inputs.get(i))) {
        by.add(i - 1);
      }
    }
    for (NameAttrList name : branches(node)) {
      FunctionGraph body = function(node, name);
      Map<TensorRef, Arrival> seeds = new LinkedHashMap<>();
      for (int j = 0; j < outgoing.size(); j++) {
        if (!outgoing.get(j).isEmpty()) {
          seeds
              .computeIfAbsent(body.results().get(j), k -> new Arrival())
              .add(outgoing.get(j), true);
        }
      }
      GradientPaths paths = inside(node, body, by, seeds);
      for (int i : by) {
        Arrival found = paths.at(TensorRef.of(body.arguments().get(i)));
        give(inputs.get(i + 1), found, true, fresh);
      }
    }
  }

  private static List<NameAttrList> branches(NodeDef node) {
    if (node.getOp().endsWith("Case")) {
      ListValue list = node.getAttrOrThrow("branches").getList();
      return list.getFuncList();
    }
    return List.of(
        node.getAttrOrThrow("then_branch").getFunc(), node.getAttrOrThrow("else_branch").getFunc());
  }
}
