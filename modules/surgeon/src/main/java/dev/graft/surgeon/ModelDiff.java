package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two models, one of which was made from the other.
 *
 * @param layersRemoved paths of layers that are gone
 * @param layersAdded paths of layers that came
 * @param variablesRemoved names of variables that are gone, or replaced by others of that name
 * @param variablesAdded names of variables that came, or replaced others of that name
 * @param revalued names of variables that stayed but start with other values
 * @param frozen names of variables that stayed and no longer train
 * @param unfrozen names of variables that stayed and now train
 * @param signatures what changed in the signatures, a line for each input, output or signature
 * @param before how many parameters there were
 * @param after how many there are
 */
public record ModelDiff(
    List<String> layersRemoved,
    List<String> layersAdded,
    List<String> variablesRemoved,
    List<String> variablesAdded,
    List<String> revalued,
    List<String> frozen,
    List<String> unfrozen,
    List<String> signatures,
    Parameters before,
    Parameters after) {
  public ModelDiff {
    layersRemoved = ImmutableList.copyOf(layersRemoved);
    layersAdded = ImmutableList.copyOf(layersAdded);
    variablesRemoved = ImmutableList.copyOf(variablesRemoved);
    variablesAdded = ImmutableList.copyOf(variablesAdded);
    revalued = ImmutableList.copyOf(revalued);
    frozen = ImmutableList.copyOf(frozen);
    unfrozen = ImmutableList.copyOf(unfrozen);
    signatures = ImmutableList.copyOf(signatures);
  }

  /**
   * Counts of single weights; variables whose shape is not fully known are left out.
   *
   * @param total all
   * @param trainable those that training changes
   */
  public record Parameters(long total, long trainable) {

    /** The counts of {@code model}. */
    public static Parameters of(Model model) {
      requireNonNull(model, "model");
      return new Parameters(count(model.variables()), count(model.trainableVariables()));
    }

    private static long count(List<Variable> variables) {
      return variables.stream()
          .map(Variable::shape)
          .filter(shape -> shape.isFullyKnown())
          .mapToLong(shape -> shape.elements())
          .sum();
    }
  }

  /** What differs in {@code after}. */
  public static ModelDiff between(Model before, Model after) {
    requireNonNull(before, "before");
    requireNonNull(after, "after");
    List<String> old = paths(before);
    List<String> now = paths(after);
    ImmutableList.Builder<String> removed = ImmutableList.builder();
    ImmutableList.Builder<String> added = ImmutableList.builder();
    ImmutableList.Builder<String> revalued = ImmutableList.builder();
    ImmutableList.Builder<String> frozen = ImmutableList.builder();
    ImmutableList.Builder<String> unfrozen = ImmutableList.builder();
    for (Variable variable : before.variables()) {
      Variable other = after.variable(variable.name()).orElse(null);
      if (other == null || !isSame(variable, other)) {
        removed.add(variable.name());
      } else {
        if (!variable.source().equals(other.source())) {
          revalued.add(variable.name());
        }
        if (variable.trainable() != other.trainable()) {
          (other.trainable() ? unfrozen : frozen).add(variable.name());
        }
      }
    }
    for (Variable variable : after.variables()) {
      Variable other = before.variable(variable.name()).orElse(null);
      if (other == null || !isSame(other, variable)) {
        added.add(variable.name());
      }
    }
    return new ModelDiff(
        without(old, now),
        without(now, old),
        removed.build(),
        added.build(),
        revalued.build(),
        frozen.build(),
        unfrozen.build(),
        signatures(before, after),
        Parameters.of(before),
        Parameters.of(after));
  }

  private static boolean isSame(Variable a, Variable b) {
    return a.dtype() == b.dtype() && a.shape().equals(b.shape());
  }

  private static List<String> paths(Model model) {
    return new LayerIndex(model)
        .entries().stream()
            .filter(entry -> entry.layer().children().isEmpty())
            .map(ModelDiff::describe)
            .toList();
  }

  private static String describe(LayerIndex.Entry entry) {
    Layer layer = entry.layer();
    return layer.className().isEmpty()
        ? entry.path()
        : entry.path() + " (" + layer.className() + ")";
  }

  private static ImmutableList<String> without(List<String> list, List<String> others) {
    List<String> rest = new ArrayList<>(list);
    others.forEach(rest::remove);
    return ImmutableList.copyOf(rest);
  }

  private static ImmutableList<String> signatures(Model before, Model after) {
    Map<String, String> old = ports(before);
    Map<String, String> now = ports(after);
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    old.forEach(
        (port, shape) -> {
          @Nullable String other = now.get(port);
          if (other == null) {
            lines.add("- " + port + " " + shape);
          } else if (!Objects.equals(shape, other)) {
            lines.add("~ " + port + " " + shape + " -> " + other);
          }
        });
    now.forEach(
        (port, shape) -> {
          if (!old.containsKey(port)) {
            lines.add("+ " + port + " " + shape);
          }
        });
    return lines.build();
  }

  private static Map<String, String> ports(Model model) {
    Map<String, String> ports = new LinkedHashMap<>();
    for (Signature signature : model.signatures().values()) {
      signature
          .inputs()
          .forEach((name, spec) -> ports.put(signature.name() + " input " + name, text(spec)));
      signature
          .outputs()
          .forEach((name, spec) -> ports.put(signature.name() + " output " + name, text(spec)));
    }
    return ports;
  }

  private static String text(TensorSpec spec) {
    return spec.dtype() + " " + spec.shape();
  }

  /** Whether nothing that is compared differs. */
  public boolean isEmpty() {
    return layersRemoved.isEmpty()
        && layersAdded.isEmpty()
        && variablesRemoved.isEmpty()
        && variablesAdded.isEmpty()
        && revalued.isEmpty()
        && frozen.isEmpty()
        && unfrozen.isEmpty()
        && signatures.isEmpty();
  }

  /** A line for each kind of difference, names in full. */
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    line(lines, "layers removed", layersRemoved);
    line(lines, "layers added", layersAdded);
    line(lines, "variables removed", variablesRemoved);
    line(lines, "variables added", variablesAdded);
    line(lines, "new values", revalued);
    line(lines, "frozen", frozen);
    line(lines, "unfrozen", unfrozen);
    lines.addAll(signatures);
    if (!before.equals(after)) {
      lines.add(
          String.format(
              Locale.ROOT,
              "parameters: %,d -> %,d, trainable: %,d -> %,d",
              before.total(),
              after.total(),
              before.trainable(),
              after.trainable()));
    }
    return lines.isEmpty() ? "no difference" : String.join("\n", lines);
  }

  private static void line(List<String> lines, String what, List<String> names) {
    if (!names.isEmpty()) {
      lines.add(what + ": " + names.stream().collect(Collectors.joining(", ")));
    }
  }
}
