package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.importer.internal.signature.Entries;
import dev.graft.importer.internal.signature.EntryPoints;
import dev.graft.importer.internal.trust.MachineOps;
import dev.graft.importer.internal.trust.ServingCopy;
import dev.graft.importer.internal.trust.TrustVerdict;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.model.MachineAccess;
import dev.graft.model.UntrustedModelException;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.tensorflow.proto.MetaGraphDef;

/**
 * The ways to call a SavedModel that are let in, after it has been judged.
 *
 * @param entries the ways
 * @param copy what of the file TensorFlow can be given
 * @param verdict what the file does beyond the model
 * @param leftOut the signatures that are not let in
 * @param flat their graph without calls
 */
record Admitted(
    Entries entries,
    ServingCopy copy,
    TrustVerdict verdict,
    ImmutableSet<String> leftOut,
    Supplier<Flat> flat) {

  /**
   * Judges {@code contents}, on exactly what TensorFlow would be given.
   *
   * @throws UntrustedModelException if the model is refused as a whole
   */
  static Admitted of(Contents contents, ImportOptions options) {
    MetaGraph file = contents.file();
    Entries all =
        EntryPoints.of(file.def(), file.graph(), file.objects(), contents.weights().captures());
    options.signature().ifPresent(wanted -> EntryPoints.requireSignature(all, wanted));
    Entries entries =
        options.signature().map(w -> all.only(each -> each.name().equals(w))).orElse(all);
    ServingCopy copy = new ServingCopy(file.def(), entries.signatures(), entries.added());
    TrustVerdict verdict = copy.judge();
    if (options.trusted()) {
      return new Admitted(
          entries, copy, verdict, ImmutableSet.of(), () -> Flat.of(contents, entries));
    }
    requireHarmless(verdict.refusal(options.signature()), file.folder());
    Initialization.assetDefs(file.def())
        .forEach(asset -> file.folder().requireOwn(asset.getFilename()));
    requireFilledTables(contents);
    ImmutableSet<String> leftOut = verdict.leftOut(options.signature());
    Entries in = entries.only(each -> !leftOut.contains(each.name()));
    Flat flat = Flat.of(contents, in);
    String restore = file.def().getSaverDef().getRestoreOpName();
    requireHarmless(new Fusions(contents).in(flat.graph(), all, restore), file.folder());
    return new Admitted(in, copy, verdict, leftOut, () -> flat);
  }

  /**
   * A dense table without buckets looks anywhere in memory for its keys, and takes its buckets from
   * the checkpoint as they are there.
   */
  private static void requireFilledTables(Contents contents) {
    Graph graph = contents.file().graph();
    boolean dense = MachineOps.haveDenseTables(graph.nodes(), graph.functions().values());
    if (dense) {
      contents.weights().checkpoint().ifPresent(Admitted::requireRows);
    }
  }

  private static void requireRows(TensorBundle checkpoint) {
    for (String key : checkpoint.keys()) {
      if (checkpoint.entry(key).map(TensorBundle.Entry::shape).stream()
          .anyMatch(shape -> Arrays.stream(shape.dims()).anyMatch(size -> size == 0))) {
        throw new BadModelException(
            "the model has a dense hash table, and '"
                + key
                + "' in its checkpoint has no rows; a table without buckets cannot be looked up."
                + " The file is damaged.");
      }
    }
  }

  /** Fails if there are {@code accesses}. */
  static void requireHarmless(List<MachineAccess> accesses, SavedModelFolder folder) {
    if (!accesses.isEmpty()) {
      throw new UntrustedModelException(folder.file(), ImmutableList.copyOf(accesses));
    }
  }

  /** The MetaGraph as TensorFlow's own loader is given it. */
  MetaGraphDef given() {
    return copy.of(entries.names());
  }
}
