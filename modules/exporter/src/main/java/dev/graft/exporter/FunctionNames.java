package dev.graft.exporter;

import dev.graft.model.Model;
import dev.graft.savedmodel.metadata.ModelMetadata;
import java.util.HashSet;
import java.util.Set;

/**
 * Names for the functions that an export adds: made of names that may hold anything, in letters
 * that functions may have, and each given once.
 */
final class FunctionNames {

  private final Set<String> taken;

  private FunctionNames(Set<String> taken) {
    this.taken = taken;
  }

  /** Names that the functions of {@code model} do not have. */
  static FunctionNames besides(Model model) {
    Set<String> taken = new HashSet<>(model.graph().functions().keySet());
    taken.addAll(ModelMetadata.functions(model).keySet());
    return new FunctionNames(taken);
  }

  /** A new name that tells of {@code what}. */
  String of(String what) {
    String plain = "graft_" + what.replaceAll("[^A-Za-z0-9_]", "_");
    String name = plain;
    for (int i = 1; !taken.add(name); i++) {
      name = plain + "_" + i;
    }
    return name;
  }
}
