package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.internal.analysis.DataPath;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.proto.NodeDef;

/**
 * Divides a backbone into blocks, from the input to the head. Names say where a block begins and
 * ends ({@code block_13_expand}); layers without such a name belong to the block that they share a
 * stretch between two narrowing points with, or to the one before. Where names say nothing, each
 * stretch between two narrowing points that holds a kernel is a block.
 */
public final class Blocks {

  private static final String STEM = "stem";

  private final Model model;
  private final DataPath path;
  private final Map<String, String> owners = new HashMap<>();

  private Blocks(Model model) {
    this.model = model;
    this.path = new DataPath(model);
    for (LayerIndex.Entry entry : new LayerIndex(model).entries()) {
      entry.layer().variables().forEach(variable -> owners.put(variable, entry.path()));
    }
  }

  /** The blocks of {@code model}'s backbone, the head not among them. */
  public static List<Block> of(Model model) {
    requireNonNull(model, "model");
    return new Blocks(model).find();
  }

  /**
   * The tensors from which the model's answers can be computed if only some variables change: what
   * is before them can be computed once and kept. Usually one tensor, as late as possible.
   *
   * @param variables the names of the variables that change
   * @param active tensors that differ from run to run although their inputs do not (dropout that is
   *     on): what is kept lies before them too
   */
  public static List<TensorRef> below(
      Model model, Collection<String> variables, Collection<TensorRef> active) {
    requireNonNull(model, "model");
    requireNonNull(variables, "variables");
    requireNonNull(active, "active");
    List<String> starts = new ArrayList<>();
    for (String name : variables) {
      starts.add(
          model
              .variable(name)
              .orElseThrow(
                  () -> new BadRequestException(model.name() + " has no variable '" + name + "'."))
              .node());
    }
    active.forEach(tensor -> starts.add(tensor.node()));
    return new DataPath(model).below(starts);
  }

  private record Placed(Variable variable, int firstUse, int stretch, Optional<String> named) {}

  private ImmutableList<Block> find() {
    Set<String> backbone = backboneOrAll();
    List<Placed> placed = new ArrayList<>();
    for (Variable variable : model.variables()) {
      int firstUse = path.firstUse(variable);
      if (firstUse >= 0 && backbone.contains(variable.node())) {
        String owner = owners.getOrDefault(variable.name(), variable.name());
        placed.add(new Placed(variable, firstUse, stretch(firstUse), BlockNames.in(owner)));
      }
    }
    placed.sort(Comparator.comparingInt(Placed::firstUse));
    boolean named =
        placed.stream().map(Placed::named).flatMap(Optional::stream).distinct().count() > 1;
    Map<String, List<Variable>> groups = named ? byName(placed) : byStretch(placed);
    return blocks(groups);
  }

  /**
   * The nodes that the features of the model's heads need.
   *
   * @throws BadRequestException if no head is known or found
   */
  static Set<String> backbone(Model model) {
    List<String> features = new ArrayList<>();
    model.heads().forEach(head -> features.add(head.features().node()));
    if (features.isEmpty()) {
      HeadFinder.all(model).forEach(head -> features.add(head.features().node()));
    }
    if (features.isEmpty()) {
      throw new BadRequestException(HeadFinder.whyNone(model), Remedy.CUT);
    }
    return model.graph().upstream(features);
  }

  /** All nodes if no head is known. */
  private Set<String> backboneOrAll() {
    boolean headless = model.heads().isEmpty() && HeadFinder.all(model).isEmpty();
    return headless
        ? model.graph().nodes().stream().map(NodeDef::getName).collect(Collectors.toSet())
        : backbone(model);
  }

  /** Between which narrowing points a position lies: the number of those before it. */
  private int stretch(int position) {
    return (int)
        path.narrowingPoints().stream()
            .filter(point -> path.position(point.node()) < position)
            .count();
  }

  private static Map<String, List<Variable>> byName(List<Placed> placed) {
    Map<Integer, String> ofStretch = new HashMap<>();
    for (Placed p : placed) {
      p.named().ifPresent(name -> ofStretch.putIfAbsent(p.stretch(), name));
    }
    Map<String, List<Variable>> groups = new LinkedHashMap<>();
    String current = STEM;
    for (Placed p : placed) {
      String fallback = ofStretch.getOrDefault(p.stretch(), current);
      current = p.named().orElse(fallback);
      groups.computeIfAbsent(current, k -> new ArrayList<>()).add(p.variable());
    }
    return groups;
  }

  private Map<String, List<Variable>> byStretch(List<Placed> placed) {
    Set<Integer> withKernel = new LinkedHashSet<>();
    placed.stream()
        .filter(p -> p.variable().shape().rank() > 1)
        .forEach(p -> withKernel.add(p.stretch()));
    Map<String, List<Variable>> groups = new LinkedHashMap<>();
    Map<Integer, String> names = new HashMap<>();
    String current = STEM;
    for (Placed p : placed) {
      if (withKernel.contains(p.stretch()) && !names.containsKey(p.stretch())) {
        String owner = owners.getOrDefault(p.variable().name(), p.variable().name());
        names.put(p.stretch(), owner);
        current = owner;
      }
      groups.computeIfAbsent(current, k -> new ArrayList<>()).add(p.variable());
    }
    return groups;
  }

  private ImmutableList<Block> blocks(Map<String, List<Variable>> groups) {
    List<String> later = new ArrayList<>();
    Set<String> inBlocks = new LinkedHashSet<>();
    groups.values().forEach(group -> group.forEach(v -> inBlocks.add(v.node())));
    model.variables().stream()
        .map(Variable::node)
        .filter(node -> !inBlocks.contains(node))
        .forEach(later::add);
    List<String> names = new ArrayList<>(groups.keySet());
    List<Block> blocks = new ArrayList<>();
    for (int i = names.size() - 1; i >= 0; i--) {
      List<Variable> own = groups.getOrDefault(names.get(i), List.of());
      own.forEach(variable -> later.add(variable.node()));
      Set<String> layers = new LinkedHashSet<>();
      own.forEach(v -> layers.add(owners.getOrDefault(v.name(), "")));
      layers.remove("");
      blocks.add(
          0,
          new Block(
              names.get(i),
              ImmutableList.copyOf(layers),
              own.stream().map(Variable::name).collect(ImmutableList.toImmutableList()),
              path.below(later)));
    }
    return ImmutableList.copyOf(blocks);
  }
}
