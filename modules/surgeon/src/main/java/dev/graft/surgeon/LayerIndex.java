package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The layers of one model in its own order, each with its path: {@code outer/inner}. */
@Internal
public final class LayerIndex {

  /**
   * One layer.
   *
   * @param path its name and those of the layers around it
   * @param layer the layer
   * @param end the position after the last layer inside it
   */
  public record Entry(String path, Layer layer, int end) {}

  private final Model model;
  private final ImmutableList<Entry> entries;

  public LayerIndex(Model model) {
    this.model = model;
    List<Entry> all = new ArrayList<>();
    model.layers().forEach(layer -> walk("", layer, all));
    this.entries = ImmutableList.copyOf(all);
  }

  private static void walk(String prefix, Layer layer, List<Entry> all) {
    String path = prefix + layer.name();
    int at = all.size();
    all.add(new Entry(path, layer, 0));
    layer.children().forEach(child -> walk(path + "/", child, all));
    all.set(at, new Entry(path, layer, all.size()));
  }

  Model model() {
    return model;
  }

  /** All layers, each before those inside it. */
  public ImmutableList<Entry> entries() {
    return entries;
  }

  /** Paths and names, for messages. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    entries.forEach(entry -> names.add(entry.layer().name()));
    return names;
  }

  /** The positions of layers that satisfy {@code where}, and of all inside them. */
  Set<Integer> within(Predicate<Entry> where) {
    Set<Integer> hit = new LinkedHashSet<>();
    for (int i = 0; i < entries.size(); i++) {
      if (where.test(entries.get(i))) {
        for (int j = i; j < entries.get(i).end(); j++) {
          hit.add(j);
        }
      }
    }
    return hit;
  }

  /**
   * Where a layer named {@code name} stands, or, failing that, the first of a block of that name
   * ({@code block_13} for {@code block_13_expand}); -1 if there is neither.
   */
  int position(String name) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).path().equals(name) || entries.get(i).layer().name().equals(name)) {
        return i;
      }
    }
    for (int i = 0; i < entries.size(); i++) {
      String own = entries.get(i).layer().name();
      if (own.startsWith(name) && !Character.isLetterOrDigit(own.charAt(name.length()))) {
        return i;
      }
    }
    return -1;
  }

  /** The layers at these positions and their own variables. */
  Selection select(Set<Integer> positions) {
    Set<String> paths = new LinkedHashSet<>();
    Set<String> variables = new LinkedHashSet<>();
    for (int i : positions.stream().sorted().toList()) {
      paths.add(entries.get(i).path());
      variables.addAll(entries.get(i).layer().variables());
    }
    return Selection.of(model, paths, variables);
  }

  /** These variables and the layers that own one of them. */
  Selection select(Predicate<String> variables) {
    Set<String> hit = new LinkedHashSet<>();
    model.variables().stream().map(v -> v.name()).filter(variables).forEach(hit::add);
    Set<String> paths = new LinkedHashSet<>();
    entries.stream()
        .filter(entry -> entry.layer().variables().stream().anyMatch(hit::contains))
        .forEach(entry -> paths.add(entry.path()));
    return Selection.of(model, paths, hit);
  }
}
