package dev.graft.surgeon;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.List;
import java.util.Set;

/**
 * What a {@link Where} hits in one model.
 *
 * @param layers the layers' paths ({@code outer/inner}), in the model's order
 * @param variables the variables' names, in the model's order
 * @param named those of them that were chosen by their own name, not with a layer, block or role:
 *     what their author {@link Variable#fixed fixed} trains only then
 */
public record Selection(Set<String> layers, Set<String> variables, Set<String> named) {
  public Selection {
    layers = ImmutableSet.copyOf(layers);
    variables = ImmutableSet.copyOf(variables);
    named = ImmutableSet.copyOf(named);
  }

  /** These layers and variables, in the model's order; none of them by its own name. */
  static Selection of(Model model, Set<String> layers, Set<String> variables) {
    ImmutableSet<String> ordered =
        model.variables().stream()
            .map(Variable::name)
            .filter(variables::contains)
            .collect(ImmutableSet.toImmutableSet());
    return new Selection(ImmutableSet.copyOf(layers), ordered, ImmutableSet.of());
  }

  /** This selection with its variables chosen by their own names. */
  Selection byName() {
    return naming(variables);
  }

  private Selection naming(Set<String> names) {
    return new Selection(
        layers, variables, ImmutableSet.copyOf(Sets.intersection(variables, names)));
  }

  /** Whether {@code variable} is hit and may train for that. */
  public boolean lets(Variable variable) {
    return variables.contains(variable.name())
        && (named.contains(variable.name()) ? variable.canTrainIfNamed() : variable.canTrain());
  }

  /** The variables themselves. */
  public List<Variable> variables(Model model) {
    return model.variables().stream().filter(v -> variables.contains(v.name())).toList();
  }

  boolean isEmpty() {
    return layers.isEmpty() && variables.isEmpty();
  }

  /** What either hits. */
  Selection or(Selection other, LayerIndex index) {
    return ordered(index, Sets.union(layers, other.layers), Sets.union(variables, other.variables))
        .naming(Sets.union(named, other.named));
  }

  /** What both hit. */
  Selection and(Selection other, LayerIndex index) {
    return ordered(
            index,
            Sets.intersection(layers, other.layers),
            Sets.intersection(variables, other.variables))
        .naming(Sets.union(named, other.named));
  }

  /** All that this does not hit. A layer of which only some variables are hit is in both. */
  Selection not(LayerIndex index) {
    Selection rest = index.select((String variable) -> !variables.contains(variable));
    Set<String> untouched =
        index.entries().stream()
            .map(LayerIndex.Entry::path)
            .filter(path -> !layers.contains(path))
            .collect(ImmutableSet.toImmutableSet());
    return ordered(index, Sets.union(rest.layers, untouched), rest.variables);
  }

  private static Selection ordered(LayerIndex index, Set<String> layers, Set<String> variables) {
    Set<String> inOrder =
        index.entries().stream()
            .map(LayerIndex.Entry::path)
            .filter(layers::contains)
            .collect(ImmutableSet.toImmutableSet());
    return of(index.model(), inOrder, variables);
  }
}
