package dev.graft.trainer.internal.feed;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Task;
import java.util.function.Function;

/** How the steps of a graph get their batches. */
public final class Feeding {

  /** The property that decides by hand: {@code host}, {@code staged} or {@code resident}. */
  static final String CHOICE = "graft.feed";

  private final TrainingGraph graph;
  private final BatchTensors byHand;
  private final Function<GraphSession, Feed> open;

  private Feeding(TrainingGraph graph, BatchTensors byHand, Function<GraphSession, Feed> open) {
    this.graph = graph;
    this.byHand = byHand;
    this.open = open;
  }

  /** Batches from Java's memory. */
  public static Feeding fromHost(Task task, TrainingGraph graph, Dataset train) {
    BatchTensors batch = BatchTensors.of(task, graph);
    return new Feeding(graph, batch, session -> new FromHost(batch, train));
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
    String device = onGpu ? "/device:GPU:0" : "/device:CPU:0";
    String choice = System.getProperty(CHOICE, onGpu ? "resident" : "host");
    return switch (choice) {
      case "host" -> fromHost(task, graph, train);
      case "staged" -> staged(runtime, task, graph, train, device);
      case "resident" ->
          Residence.of(task, graph, train, device, Residence.ROOM)
              .map(
                  it ->
                      new Feeding(
                          it.graph(), it.out(), session -> new Resident(session, it, train)))
              .orElseGet(() -> staged(runtime, task, graph, train, device));
      default ->
          throw new BadRequestException(
              CHOICE + " is host, staged or resident, not '" + choice + "'; leave it out.");
    };
  }

  private static Feeding staged(
      TensorFlowRuntime runtime, Task task, TrainingGraph graph, Dataset train, String device) {
    return Staging.of(task, graph, device)
        .map(
            it ->
                new Feeding(
                    it.graph(),
                    it.out(),
                    session -> new Staged(runtime, session, it, train, Staged.ROOM)))
        .orElseGet(() -> fromHost(task, graph, train));
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
