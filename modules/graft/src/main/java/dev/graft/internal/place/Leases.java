package dev.graft.internal.place;

import dev.graft.error.BadModelException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.savedmodel.file.VersionLease;
import java.lang.ref.Cleaner;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Says of versions that they are read, so that nobody removes them meanwhile. */
public final class Leases {

  private static final Cleaner CLEANER = Cleaner.create();

  private Leases() {}

  /**
   * What {@code load} makes of the version in {@code folder}, which is in use as long as that model
   * or any other with its weights can be reached: they stay on the disk until somebody needs them.
   */
  public static Model onWeights(Path folder, Supplier<Model> load) {
    VersionLease lease = on(folder);
    Optional<Path> weights = Optional.empty();
    try {
      Model model = load.get();
      weights = model.variables().stream().flatMap(Leases::place).findFirst();
      return model;
    } finally { // all that are read share this path
      weights.ifPresentOrElse(place -> CLEANER.register(place, lease::close), lease::close);
    }
  }

  private static Stream<Path> place(Variable variable) {
    return variable.source() instanceof VariableSource.InCheckpoint in
        ? Stream.of(in.prefix())
        : Stream.empty();
  }

  /**
   * A lease on the version in {@code folder}; on nothing if it is none.
   *
   * @throws BadModelException if it is just being removed
   */
  public static VersionLease on(Path folder) {
    try {
      return VersionLease.on(folder);
    } catch (NoSuchFileException e) {
      throw BadModelException.inFile(
          folder.toString(),
          "'"
              + folder
              + "' is just being removed, as an old version is; give the folder that holds the"
              + " versions, of which the newest stays.",
          e);
    }
  }
}
