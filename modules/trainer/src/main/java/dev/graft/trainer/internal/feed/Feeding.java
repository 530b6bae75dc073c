package dev.graft.trainer.internal.feed;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Task;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the steps of a graph get their batches. */
public final class Feeding {

  /** The property that decides by hand: {@code host}, {@code staged} or {@code resident}. */
  static final String CHOICE = "graft.feed";

  private final TrainingGraph graph;
  private final BatchTensors byHand;
  private final Function<GraphSession, Feed> open;
  private final String words;

  private Feeding(
      TrainingGraph graph, BatchTensors byHand, Function<GraphSession, Feed> open, String words) {
    this.graph = graph;
    this.byHand = byHand;
    this.open = open;
    this.words = words;
  }

  /** Batches from Java's memory. */
  public static Feeding fromHost(Task task, TrainingGraph graph, Dataset train) {
    BatchTensors batch = BatchTensors.of(task, graph);
    return new Feeding(
        graph, batch, session -> new FromHost(batch, train), "each batch is handed over");
  }

  /**
   * The way that suits the device. On a GPU the examples lie there if they fit, and else wait in a
   * queue there, so that the copy goes on beside a step; the CPU has all in one memory.
   *
   * @param train the examples that steps learn from
   */
  public static Feeding of(
      TensorFlowRuntime runtime, Task task, TrainingGraph graph, Dataset train) {
    boolean onGpu = runtime.computesOnGpu();
    @Nullable String asked = System.getProperty(CHOICE);
    String choice = asked != null ? asked : onGpu ? "resident" : "host";
    Feeding found =
        switch (choice) {
          case "host" -> fromHost(task, graph, train);
          case "staged" -> staged(runtime, task, graph, train);
          case "resident" -> resident(runtime, task, graph, train);
          default ->
              throw new BadRequestException(
                  CHOICE + " is host, staged or resident, not '" + choice + "'; leave it out.");
        };
    return asked == null && !onGpu ? found.saying("") : found;
  }

  /**
   * The next best way where the device has no room for the examples, though they should have fit.
   *
   * @param why it has none, for a person
   */
  public static Feeding without(
      TensorFlowRuntime runtime, Task task, TrainingGraph graph, Dataset train, String why) {
    return staged(runtime, task, graph, train).since("do not lie there, since " + why);
  }

  private static String device(TensorFlowRuntime runtime) {
    return runtime.computesOnGpu() ? "/device:GPU:0" : "/device:CPU:0";
  }

  private static Feeding resident(
      TensorFlowRuntime runtime, Task task, TrainingGraph graph, Dataset train) {
    Share share = Share.of(runtime.cardMemory());
    Optional<String> against = Residence.against(task, train, share);
    if (against.isPresent()) {
      return without(runtime, task, graph, train, against.get());
    }
    Residence residence = Residence.of(task, graph, train, device(runtime));
    return new Feeding(
        residence.graph(),
        residence.out(),
        session -> new Resident(session, residence, train),
        "the examples lie on the device, which may have " + share.words() + " of them");
  }

  private static Feeding staged(
      TensorFlowRuntime runtime, Task task, TrainingGraph graph, Dataset train) {
    return Staging.of(task, graph, device(runtime))
        .map(
            it ->
                new Feeding(
                    it.graph(),
                    it.out(),
                    session -> new Staged(runtime, session, it, train, Staged.ROOM),
                    "batches wait in a queue on the device"))
        .orElseGet(
            () ->
                fromHost(task, graph, train)
                    .since("cannot wait on the device, being texts or pictures to be decoded"));
  }

  /** With a reason why it is not another way. */
  private Feeding since(String examples) {
    return saying(words + (words.contains(";") ? ", and" : "; the examples") + " " + examples);
  }

  private Feeding saying(String value) {
    return new Feeding(graph, byHand, open, value);
  }

  /** Which way it is, and why no other, for a person; empty where nobody would ask. */
  public String words() {
    return words;
  }

  /** The step's graph, with what it takes for that. */
  public TrainingGraph graph() {
    return graph;
  }

  /**
   * Where a batch can be fed whatever the way: for a trial, to score, and to find out what is wrong
   * with one.
   */
  public BatchTensors byHand() {
    return byHand;
  }

  /** Opens it for steps in {@code session}, which stays the caller's to close. */
  public Feed open(GraphSession session) {
    return open.apply(session);
  }
}
