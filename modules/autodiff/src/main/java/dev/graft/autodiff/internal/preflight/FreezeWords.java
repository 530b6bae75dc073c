package dev.graft.autodiff.internal.preflight;

import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SelectionNames;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names variables in the words in which a user selects layers and weights. */
public final class FreezeWords {

  private final Map<String, Variable> trainable = new HashMap<>();
  private final Set<String> left = new LinkedHashSet<>();
  private final List<String> words = new ArrayList<>();

  private FreezeWords(Model model, Collection<Variable> wanted) {
    model.trainableVariables().forEach(variable -> trainable.put(variable.name(), variable));
    wanted.forEach(variable -> left.add(variable.name()));
  }

  /**
   * A selection that hits all {@code wanted} and no other trainable variable: whole layers where it
   * can, single variables for the rest.
   */
  public static String of(Model model, Collection<Variable> wanted) {
    FreezeWords freeze = new FreezeWords(model, wanted);
    if (freeze.left.containsAll(freeze.trainable.keySet())) {
      return "all";
    }
    Set<String> all = Set.copyOf(freeze.left);
    model.layers().forEach(layer -> freeze.take("", layer, all));
    if (!freeze.left.isEmpty()) {
      List<String> names = freeze.left.stream().map(FreezeWords::escaped).toList();
      freeze.words.add("variables /^(" + String.join("|", names) + ")$/");
    }
    return String.join(" or ", freeze.words);
  }

  private void take(String prefix, Layer layer, Set<String> all) {
    Set<String> own = new HashSet<>();
    layer.walk().forEach(inner -> own.addAll(inner.variables()));
    own.retainAll(trainable.keySet());
    if (own.isEmpty() || own.stream().noneMatch(left::contains)) {
      return;
    }
    String path = prefix + layer.name();
    if (all.containsAll(own)) {
      left.removeAll(own);
      words.add(SelectionNames.quoted(path));
    } else {
      layer.children().forEach(child -> take(path + "/", child, all));
    }
  }

  private static String escaped(String name) {
    return name.replaceAll("[^A-Za-z0-9_]", "\\\\$0");
  }
}
