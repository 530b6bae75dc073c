package dev.graft.trainer.internal.features;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.data.KnownFiles;
import dev.graft.data.Parts;
import dev.graft.error.InputOutputException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.mixed.FrozenRun;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.store.FeatureStore;
import dev.graft.trainer.store.FrozenDigest;
import dev.graft.trainer.store.RowForm;
import dev.graft.trainer.store.StoredFeatures;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What training is fed with: features, computed once where a {@link FeaturePlan} keeps them; or the
 * examples themselves, where nothing is frozen before or where the features would not fit in
 * memory. Of pictures the pixels go to a file then ({@link DecodedRows}).
 */
public final class CachedFeatures implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(CachedFeatures.class.getName());

  private final FeaturePlan plan;
  private final int atOnce;
  private final InputBinding entry;
  private final Part examples;
  private FeatureSpace space = FeatureSpace.memory();
  private Part features;
  private final List<DecodedRows> pictures = new ArrayList<>(); // of both parts, once wanted
  private Part decoded;
  private TrainingEvent.Features counts = new TrainingEvent.Features(0, 0, 0);

  /**
   * Those of a plan, none of which is computed yet.
   *
   * @param atOnce so many examples in one run
   */
  public CachedFeatures(FeaturePlan plan, int atOnce) {
    this.plan = plan;
    this.atOnce = atOnce;
    this.entry = plan.frontier().entry();
    this.examples = plan.examples();
    this.features = examples; // until they are computed
    this.decoded = examples; // until they are wanted
  }

  /** Examples, or features of them, of two parts of the data. */
  public record Part(Dataset train, Dataset validation) {

    /** With no more inputs than these: what is fed is not computed. */
    private Part only(Collection<String> names) {
      return new Part(train.onlyInputs(names), validation.onlyInputs(names));
    }
  }

  /** How the features were come by. */
  public TrainingEvent.Features counts() {
    return counts;
  }

  /**
   * Computes what is to be kept at {@code cuts}.
   *
   * @param test what is scored in the end; of that it is only found out whether its pictures can be
   *     decoded, unless something is kept of them, so that they could
   */
  public void compute(
      TensorFlowRuntime runtime,
      Model model,
      Iterable<ImmutableList<TensorRef>> cuts,
      Dataset test,
      Watch watch) {
    Set<TensorRef> wanted = new LinkedHashSet<>();
    cuts.forEach(wanted::addAll);
    wanted.retainAll(plan.kept());
    space = FeatureSpace.of(plan.inFiles(), plan.room().folder());
    decodeBeside(runtime, watch);
    try {
      learn(runtime, model, List.copyOf(wanted), test, watch);
    } catch (InputOutputException e) {
      if (Interruption.isCancelled(e) || !plan.mayFitMemory()) {
        throw e;
      }
      String words = "features are computed again, into Java's memory: " + e.getMessage();
      watch.decide(Decision.Kind.FEATURES, words);
      space.close();
      space = FeatureSpace.memory();
      learn(runtime, model, List.copyOf(wanted), test, watch);
    }
    LOG.log(Level.DEBUG, "features are computed");
    watch.tell(counts);
  }

  private void learn(
      TensorFlowRuntime runtime, Model model, List<TensorRef> wanted, Dataset test, Watch watch) {
    Digits digits = plan.digits();
    long total = (long) examples.train().size() + examples.validation().size();
    Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", total, 1);
    try (Features learned = new Features(runtime, model, entry, wanted, atOnce).into(space)) {
      boolean areFew = learned.inHalves(digits.halves()).in(digits.precision(), watch);
      learned.keptIn(plan.frontier(), watch);
      DecodedPictures.require(runtime, learned.unkept(test), watch);
      LOG.log(Level.DEBUG, "test pictures are decoded");
      Dataset train = learned.toLearnFrom(examples.train(), pace);
      if (!areFew) {
        features = new Part(train, learned.toLearnFrom(examples.validation(), pace));
        counts = learned.counts();
      } else { // what is kept is decided by what a server computes, whichever features it learned
        try (Features judged = new Features(runtime, model, entry, wanted, atOnce).into(space)) {
          judged.inHalves(digits.halves()).keptIn(plan.frontier(), watch);
          features = new Part(train, judged.toLearnFrom(examples.validation(), pace));
          counts = learned.counts().and(judged.counts());
        }
      }
    }
  }

  /**
   * What to feed for a graph that is cut there: features, if they are kept; else the examples, of
   * which pictures are decoded beside the steps, and once if the disk has room for their pixels.
   */
  public Part at(Collection<TensorRef> cut) {
    return plan.kept().containsAll(cut)
        ? features.only(cut.stream().map(entry::nameOf).toList())
        : decoded;
  }

  /** Has pictures decoded beside the steps, each when it is first asked for, not by the steps. */
  public void decodeBeside(TensorFlowRuntime runtime, Watch watch) {
    Consumer<String> said = words -> watch.decide(Decision.Kind.FEATURES, words);
    if (entry.pixels().isPresent()) {
      Optional<Path> folder =
          Optional.of(plan.room().folder()).filter(there -> plan.arePixelsKept());
      decoded =
          new Part(
              decoded(new DecodedRows(runtime, entry, examples.train(), folder, said)),
              decoded(new DecodedRows(runtime, entry, examples.validation(), folder, said)));
    }
  }

  private Dataset decoded(DecodedRows rows) {
    pictures.add(rows);
    return rows.dataset(entry.pixels().orElseThrow());
  }

  /** Gives the files back; features and pixels in them are gone. */
  @Override
  public void close() {
    try (FeatureSpace files = space) {
      pictures.forEach(DecodedRows::close);
    }
  }

  /** The graph that computes features of what {@code entry} feeds. */
  static Graph graph(InputBinding entry) {
    GraphEditor editor = entry.graph().edit();
    StatelessRandom.replaceRest(editor);
    return editor.build();
  }

  /** What {@code computed} hold for one example each, kept in so many digits. */
  static Map<TensorRef, RowForm> forms(
      Graph graph, Collection<TensorRef> computed, Frontier frontier, Digits digits) {
    Map<TensorRef, RowForm> rows = new LinkedHashMap<>();
    for (TensorRef tensor : computed) {
      DType dtype = DType.of(graph.dtype(tensor));
      rows.put(tensor, digits.form(dtype, frontier.ofEach(tensor).orElse(Shape.unknown())));
    }
    return rows;
  }

  /**
   * How much of what a training would compute once is in a {@link FeatureStore} already, for who
   * has to say beforehand how long it takes. Nothing is run or read for that but what the store
   * says of itself, so only pictures count whose files it remembers.
   */
  public static final class Kept {

    private final TensorFlowRuntime runtime;
    private final Model model;
    private final Frontier frontier;
    private final Parts parts;
    private final Graph graph;
    private final FrozenDigest network; // which hashes all weights, so there is one

    /**
     * That of features of {@code parts}.
     *
     * @param model that of the task
     */
    public Kept(TensorFlowRuntime runtime, Model model, Frontier frontier, Parts parts) {
      this.runtime = runtime;
      this.model = model;
      this.frontier = frontier;
      this.parts = parts;
      this.graph = graph(frontier.entry());
      this.network = new FrozenDigest(model, graph, frontier.entry().tensors());
    }

    /**
     * Of how many examples all of {@code tensors} are kept.
     *
     * @param digits that were asked for
     */
    public int count(Collection<TensorRef> tensors, Digits digits) {
      InputBinding entry = frontier.entry();
      Optional<FeatureStore> store = FeatureStore.of(runtime).filter(each -> !each.isEmpty());
      List<TensorRef> computed =
          tensors.stream().filter(tensor -> !entry.tensors().contains(tensor)).toList();
      boolean arePictures = entry.pictures().isPresent() && computed.size() == tensors.size();
      if (store.isEmpty() || computed.isEmpty() || !arePictures) {
        return 0;
      }
      Digits exact = Digits.ALL.inHalves(digits.halves());
      Digits learned;
      try (FrozenRun run = new FrozenRun(runtime, model, graph, entry.tensors(), computed)) {
        learned = exact.in(run.in(digits.precision(), words -> {}));
      }
      KnownFiles files = KnownFiles.in(store.get().folder());
      return count(parts.train().knownBy(files), store.get(), computed, learned)
          + count(parts.validation().knownBy(files), store.get(), computed, exact);
    }

    private int count(Dataset known, FeatureStore store, List<TensorRef> computed, Digits digits) {
      Map<TensorRef, RowForm> forms = forms(graph, computed, frontier, digits);
      return StoredFeatures.look(store, runtime, network, forms)
          .map(stored -> count(known, stored))
          .orElse(0);
    }

    private static int count(Dataset known, StoredFeatures in) {
      try (in) {
        return known.size() - in.without(known, known).size();
      }
    }
  }
}
