package dev.graft.exporter;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.hash.HashCode;
import com.google.common.util.concurrent.Uninterruptibles;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.exporter.internal.sample.MadeUpInputs;
import dev.graft.exporter.internal.sample.MadeUpPictures;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Interrupts;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gives an export its warm-up requests: for each signature one of a single row, and one of each
 * size in which a server puts requests together. They are made up, since what a server sends itself
 * lies in the export for everybody to read, and nothing of the user's is to. Before the version is
 * visible the file is read back, and each request of it sent to the export.
 *
 * <p>TensorFlow plans a signature when it is first called, for a time and in one thread: that is
 * done beside other work, by a single row of each; but not where a model may remember that it was
 * called, nor on a GPU, whose memory is left to the comparison.
 */
final class Rehearsal implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Rehearsal.class.getName());

  /** How many rows there is to be room for where something else is computed beside them. */
  private static final int BESIDE = 128;

  private final TensorFlowRuntime runtime;
  private final SavedModelFiles.Written written;
  private final SavedModelFiles files;
  private final Proof.Batches sizes;
  private final FutureTask<Opened> opening = new FutureTask<>(this::open);
  private final Map<String, CompletableFuture<SavedModelSession>> planned = new HashMap<>();
  private @Nullable FutureTask<SavedModelSession> writing;
  private final List<String> remarks = new ArrayList<>(); // who plans adds to them, then who writes
  private int size;

  private Rehearsal(
      TensorFlowRuntime runtime, SavedModelFiles.Written written, Proof.Batches sizes) {
    this.runtime = runtime;
    this.written = written;
    this.files = written.files();
    this.sizes = sizes;
    files.signatures().keySet().forEach(name -> planned.put(name, new CompletableFuture<>()));
  }

  /**
   * Begins to load an export, and to find out which requests it answers.
   *
   * @param sizes how many rows a server puts together
   */
  static Rehearsal begin(
      TensorFlowRuntime runtime, SavedModelFiles.Written written, Proof.Batches sizes) {
    Rehearsal rehearsal = new Rehearsal(runtime, written, sizes);
    begin(rehearsal.opening);
    return rehearsal;
  }

  private static void begin(FutureTask<?> work) {
    Thread thread = new Thread(work, "graft-rehearsal");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * An export that can be asked.
   *
   * @param requests those that it is to get, where that is known
   */
  private record Opened(SavedModelSession exported, Optional<List<Planned>> requests) {}

  private Opened open() {
    try {
      SavedModelSession exported = runtime.loadSavedModel(written.dir(), Set.of("serve"));
      try {
        boolean isBeside = !runtime.computesOnGpu() && !remembers(files.model().graph());
        Optional<List<Planned>> requests =
            isBeside ? Optional.of(planned(exported)) : Optional.empty();
        planned.values().forEach(each -> each.complete(exported));
        return new Opened(exported, requests);
      } catch (RuntimeException | Error e) {
        exported.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      planned.values().forEach(each -> each.completeExceptionally(e));
      throw e;
    }
  }

  /** Whether calls may change what later ones answer, as a counter or a seed does. */
  private static boolean remembers(Graph graph) {
    return Stream.concat(
            graph.nodes().stream(),
            graph.functions().values().stream()
                .flatMap(function -> function.getNodeDefList().stream()))
        .anyMatch(
            node -> OpRegistry.standard().mayChange(node) && !Functions.isPartitionedCall(node));
  }

  /** How large batches are. */
  Proof.Batches sizes() {
    return sizes;
  }

  /** How many requests there are. */
  int size() {
    return size;
  }

  /** What has none, a sentence each. */
  ImmutableList<String> remarks() {
    return ImmutableList.copyOf(remarks);
  }

  private List<Planned> planned(SavedModelSession exported) {
    if (sizes.isAskedFor()) {
      tellLeftOut();
    }
    Set<Integer> all = new TreeSet<>(sizes.warmUps().headSet(sizes.most(), true));
    all.add(1);
    List<Planned> requests = new ArrayList<>();
    for (Signature signature : files.signatures().values()) {
      requests.addAll(requests(exported, signature, all));
      requireNonNull(planned.get(signature.name())).complete(exported);
    }
    requests.sort(Comparator.comparingInt(Planned::order));
    if (requests.size() > WarmUp.MOST) {
      remarks.add(
          "of "
              + requests.size()
              + " warm-up requests the smallest "
              + WarmUp.MOST
              + " are written: a server loads no version that has more");
      return requests.subList(0, WarmUp.MOST);
    }
    return requests;
  }

  /**
   * Begins to write the file into {@code dir}, if there is anything to write, and to send what it
   * holds; beside what comes next, unless memory may not have room for both: that of a GPU, or
   * where a batch of this size would take too much.
   */
  void beginWriting(Path dir) {
    FutureTask<SavedModelSession> task = new FutureTask<>(() -> written(dir));
    if (runtime.computesOnGpu() || sizes.most() < BESIDE) {
      task.run();
    } else {
      begin(task);
    }
    writing = task;
  }

  /**
   * The export, after the file is written and what it holds was tried.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  SavedModelSession tried() {
    return Interrupts.result(requireNonNull(writing));
  }

  private SavedModelSession written(Path dir) throws IOException {
    Opened opened = Interrupts.result(opening);
    SavedModelSession exported = opened.exported();
    List<Planned> requests = opened.requests().orElseGet(() -> planned(exported));
    while (!requests.isEmpty()) {
      List<Planned> kept = written(exported, dir, requests);
      size = kept.size();
      if (size == requests.size()) {
        return exported;
      }
      requests = kept;
    }
    Files.deleteIfExists(dir.resolve(WarmUp.FILE));
    return exported;
  }

  /** The export, this signature of which was called once: two first calls would both plan it. */
  SavedModelSession ready(String signature) {
    return Interrupts.result(requireNonNull(planned.get(signature)));
  }

  /** Closes the export, as soon as it is open and nothing is asked of it. */
  @Override
  public void close() {
    try {
      if (writing != null) {
        var unused = Uninterruptibles.getUninterruptibly(writing);
      }
    } catch (ExecutionException e) {
      LOG.log(Level.DEBUG, "no warm-up", e); // whoever asked for it was told, or told why not
    }
    try {
      requireNonNull(Uninterruptibles.getUninterruptibly(opening)).exported().close();
    } catch (ExecutionException e) {
      LOG.log(Level.DEBUG, "there is no export to close", e); // as above
    }
  }

  /** Says which sizes that were asked for have no requests. */
  private void tellLeftOut() {
    Set<Integer> more = sizes.warmUps().tailSet(sizes.most(), false);
    Set<String> fixed = new TreeSet<>();
    for (Signature signature : files.signatures().values()) {
      if (!BatchRows.isOpen(signature)) {
        fixed.add("'" + signature.name() + "'");
      }
    }
    if (!more.isEmpty() && fixed.size() < files.signatures().size()) {
      remarks.add(
          "no warm-up requests of "
              + Joiner.on(" or ").join(more)
              + " rows are written: no more than "
              + sizes.most()
              + " are computed at once, as the training's batches or large inputs ask for");
    }
    if (!fixed.isEmpty()) {
      remarks.add(
          "the sizes of a server's batches say nothing to "
              + Joiner.on(", ").join(fixed)
              + ": the graph fixes the size of its batches, in which it is warmed up");
    }
  }

  /**
   * Writes the file, reads it back and sends what it holds; one request after the other, since a
   * few large ones would take more memory than all else.
   *
   * @return what was answered
   */
  private List<Planned> written(SavedModelSession exported, Path dir, List<Planned> requests)
      throws IOException {
    List<HashCode> contents =
        WarmUp.write(dir, files.model().name(), Iterables.transform(requests, Planned::request));
    List<WarmUp.Request> read = WarmUp.read(dir, files.signatures());
    WarmUp.requireSame(read.size() == contents.size());
    List<Planned> kept = new ArrayList<>();
    for (int i = 0; i < contents.size(); i++) {
      Planned planned = requests.get(i);
      WarmUp.Request request = read.get(i);
      WarmUp.requireSame(WarmUp.content(request).equals(contents.get(i)));
      if (answer(exported, request).isPresent()) {
        kept.add(planned);
      } else {
        remarks.add(
            "no warm-up request of "
                + planned.rows()
                + " rows is written for signature '"
                + planned.signature().name()
                + "': it fails on one");
      }
    }
    return kept;
  }

  /**
   * A request that is to be written.
   *
   * @param kind makes up so many rows
   */
  private record Planned(
      Signature signature, int rows, IntFunction<Optional<Map<String, TensorValue>>> kind) {

    WarmUp.Request request() {
      return new WarmUp.Request(signature, kind.apply(rows).orElseThrow());
    }

    /** Small ones of all signatures come before large ones of any. */
    int order() {
      return BatchRows.isOpen(signature) ? rows : 1;
    }
  }

  /**
   * Requests of each size, of the first kind that is answered with numbers: a server may leave a
   * version alone that answers its own request without. Else of the first that is answered at all.
   */
  private List<Planned> requests(
      SavedModelSession exported, Signature signature, Set<Integer> all) {
    Set<Integer> rows =
        BatchRows.isOpen(signature) ? all : Set.of(Math.max(1, signature.fixedBatch()));
    List<Planned> withoutNumbers = List.of();
    for (IntFunction<Optional<Map<String, TensorValue>>> some : candidates(signature)) {
      Optional<Map<String, TensorValue>> least =
          some.apply(Collections.min(rows)).filter(inputs -> WarmUp.canHold(signature, inputs));
      Optional<Map<String, TensorValue>> answer =
          least.flatMap(inputs -> answer(exported, new WarmUp.Request(signature, inputs)));
      if (answer.isPresent()) {
        List<Planned> planned =
            rows.stream().map(count -> new Planned(signature, count, some)).toList();
        if (areNumbers(answer.get())) {
          return planned;
        }
        withoutNumbers = withoutNumbers.isEmpty() ? planned : withoutNumbers;
      }
    }
    if (!withoutNumbers.isEmpty()) {
      return withoutNumbers;
    }
    remarks.add(
        "no warm-up request is written for signature '"
            + signature.name()
            + "': it answers none that was made up");
    return List.of();
  }

  private static boolean areNumbers(Map<String, TensorValue> answer) {
    return answer.values().stream()
        .filter(output -> output.dtype().isFloating())
        .allMatch(output -> DoubleStream.of(output.asDoubles()).noneMatch(Double::isNaN));
  }

  private static Optional<Map<String, TensorValue>> answer(
      SavedModelSession exported, WarmUp.Request request) {
    try {
      return Optional.of(exported.call(request.signature().name(), request.inputs()));
    } catch (TensorFlowException | ExhaustedException | BadRequestException e) {
      LOG.log(Level.DEBUG, "a made-up request does not fit " + request.signature().name(), e);
      return Optional.empty();
    }
  }

  /** Kinds of requests, of as many rows as are asked for; alike throughout, they take no room. */
  private List<IntFunction<Optional<Map<String, TensorValue>>>> candidates(Signature signature) {
    Optional<MadeSignature> made =
        files.made().stream().filter(each -> each.name().equals(signature.name())).findFirst();
    Signature read = made.isPresent() ? files.model().servingSignature() : signature;
    List<ByteString> texts =
        made.isPresent() && BytesSignature.picture(files.model()).isPresent()
            ? MadeUpPictures.all()
            : MadeUpInputs.texts(read);
    List<IntFunction<Optional<Map<String, TensorValue>>>> all = new ArrayList<>();
    for (boolean isUniform : List.of(true, false)) {
      for (ByteString text : texts) {
        MadeUpInputs inputs = new MadeUpInputs(files.model(), text, isUniform);
        all.add(
            made.isPresent()
                ? count -> sent(made.get(), inputs, count)
                : count -> inputs.of(signature, count));
      }
    }
    return all;
  }

  private static Optional<Map<String, TensorValue>> sent(
      MadeSignature made, MadeUpInputs inputs, int count) {
    return BytesSignature.rows(inputs, Collections.nCopies(count, inputs.text()))
        .flatMap(made.front()::sent)
        .map(strings -> Map.of(made.front().input(), strings));
  }
}
