package dev.graft.exporter;

import dev.graft.graph.Names;
import dev.graft.model.Model;
import dev.graft.savedmodel.metadata.ModelMetadata;
import java.util.HashSet;
import java.util.Set;

/**
 * Names for the functions that an export adds: made of names that may hold anything, in letters
 * that functions may have, and each given once.
 */
final class FunctionNames {

  private final Names names;

  private FunctionNames(Names names) {
    this.names = names;
  }

  /** Names that the functions of {@code model} do not have. */
  static FunctionNames besides(Model model) {
    Set<String> taken = new HashSet<>(model.graph().functions().keySet());
    taken.addAll(ModelMetadata.functions(model).keySet());
    return new FunctionNames(new Names(taken::contains));
  }

  /** A new name that tells of {@code what}. */
  String of(String what) {
    return names.take("graft_" + what.replaceAll("[^A-Za-z0-9_]", "_"));
  }
}
