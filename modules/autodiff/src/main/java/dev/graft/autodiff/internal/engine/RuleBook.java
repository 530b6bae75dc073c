package dev.graft.autodiff.internal.engine;

import dev.graft.autodiff.gradient.NoGradientException;
import dev.graft.graph.Graph;
import dev.graft.graph.function.CustomGradient;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** The rules by op, and the ops at which a path ends. */
public final class RuleBook {

  private final Map<String, Rule> rules = new HashMap<>();
  private final Set<String> harvested = new HashSet<>();
  private final Map<String, Set<Integer>> only = new HashMap<>();

  /** Adds one rule for several ops; fails if one of them has a rule already. */
  public void add(Rule rule, String... ops) {
    for (String op : ops) {
      if (rules.put(op, rule) != null) {
        throw new IllegalStateException("two rules for " + op);
      }
    }
  }

  /** Adds a rule that takes TensorFlow's own. */
  public void addHarvested(Rule rule, String... ops) {
    add(rule, ops);
    harvested.addAll(List.of(ops));
  }

  /** Whether the rule of {@code op} is TensorFlow's own. */
  public boolean isHarvested(String op) {
    return harvested.contains(op);
  }

  /** Adds the rule of one op. */
  public void add(String op, Rule rule) {
    add(rule, op);
  }

  /** Says that the rule of {@code op} gives a gradient to these inputs alone, as in TensorFlow. */
  public void onlyTo(String op, Integer... inputs) {
    only.put(op, Set.of(inputs));
  }

  /** The inputs that the rule of {@code op} gives a gradient to; empty for all. */
  public Set<Integer> inputs(String op) {
    return only.getOrDefault(op, Set.of());
  }

  /** The ops with a rule. */
  public Set<String> ops() {
    return Set.copyOf(rules.keySet());
  }

  /** Whether no derivative passes through {@code node}, as in TensorFlow. */
  boolean endsPath(NodeDef node) {
    return NotDifferentiable.contains(node.getOp());
  }

  /** The rule for {@code node}. */
  Rule of(Graph graph, NodeDef node) {
    Optional<CustomGradient> custom = CustomGradient.of(graph, node);
    if (custom.isPresent() && custom.get() instanceof CustomGradient.Saved saved) {
      return CustomGradientRule.of(saved);
    }
    if (custom.isPresent() && custom.get() instanceof CustomGradient.Unknown) {
      throw new NoGradientException(node);
    }
    Rule rule = rules.get(node.getOp());
    if (rule == null) {
      throw new NoGradientException(node);
    }
    return rule;
  }
}
