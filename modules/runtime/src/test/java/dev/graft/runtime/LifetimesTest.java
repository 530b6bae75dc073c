package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.ClosedException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;

/** Nothing native outlives its owner, grows with use, or is freed while a thread is using it. */
class LifetimesTest {

  private static final int FLOATS = 256 << 10; // 1 MiB
  private static final int RUNS = 500;

  private record Echo(Graph graph, TensorRef x, TensorRef text, TensorRef y, TensorRef joined) {}

  private static Echo echo() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(FLOATS));
    TensorRef text = editor.placeholder("text", DataType.DT_STRING, Shape.of(-1));
    TensorRef y = editor.op("AddV2").name("y").input(x).input(x).output();
    TensorRef joined = editor.op("StringJoin").name("joined").inputs(List.of(text, text)).output();
    return new Echo(editor.build(), x, text, y, joined);
  }

  private static TensorValue text() {
    ByteString kilobytes = ByteString.copyFrom(new byte[64 << 10]);
    return TensorValue.strings(Shape.of(8), Collections.nCopies(8, kilobytes));
  }

  /** Resident memory of this process in MiB. */
  private static long resident() throws Exception {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096 >> 20;
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void memoryStaysFlatOverManyRuns() throws Exception {
    Echo echo = echo();
    TensorValue x = TensorValue.of(Shape.of(FLOATS), new float[FLOATS]);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(echo.graph());
        PreparedRun run =
            session.prepare(
                List.of(echo.x(), echo.text()), List.of(echo.y(), echo.joined()), List.of())) {
      List<TensorValue> inputs = List.of(x, text());
      for (int i = 0; i < RUNS; i++) {
        run.run(inputs);
      }
      System.gc();
      long before = resident();
      for (int i = 0; i < RUNS; i++) {
        run.run(inputs);
      }
      System.gc();
      // Each run moves 3.5 MiB; one tensor kept per run would be 500 MiB.
      assertThat(resident() - before).isLessThan(150);
      assertThat(runtime.openHandles()).hasSize(1);
    }
    assertThat(TensorFlowRuntime.openInProcess()).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void memoryStaysFlatOverManySessions() throws Exception {
    GraphEditor editor = Graph.empty().edit();
    TensorRef constant = editor.constant("c", TensorValue.of(Shape.of(FLOATS), new float[FLOATS]));
    TensorRef negative = editor.op("Neg").name("negative").input(constant).output();
    Graph graph = editor.build();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      long before = 0;
      for (int i = 0; i < 120; i++) {
        if (i == 40) {
          System.gc();
          before = resident();
        }
        try (GraphSession session = runtime.session(graph)) {
          session.run(Map.of(), List.of(negative), List.of());
        }
      }
      System.gc();
      // Graph, session and folded constant hold a few MiB each; 80 kept would be 300 MiB or more.
      assertThat(resident() - before).isLessThan(150);
      assertThat(runtime.openHandles()).isEmpty();
    }
  }

  @Test
  void aFailedRunFreesWhatItWasFed() throws Exception {
    Echo echo = echo();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(echo.graph())) {
      TensorValue wrong = TensorValue.of(Shape.of(3), new float[3]);
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(
                () -> session.run(Map.of(echo.x(), wrong), List.of(echo.joined()), List.of()))
            .isInstanceOf(TensorFlowException.class);
      }
      assertThat(runtime.openHandles()).hasSize(1);
    }
  }

  @Test
  void nothingStaysOpenThatIsOpenedWhileTheRuntimeCloses() throws Exception {
    Echo echo = echo();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 100; round++) {
        TensorFlowRuntime runtime = TensorFlowRuntime.open();
        CountDownLatch begun = new CountDownLatch(2);
        Callable<List<GraphSession>> opening =
            () -> {
              List<GraphSession> opened = new ArrayList<>();
              begun.countDown();
              try {
                while (opened.size() < 1000) {
                  opened.add(runtime.session(echo.graph()));
                }
              } catch (ClosedException e) {
                assertThat(e).hasMessageContaining("closed");
              }
              return opened;
            };
        List<Future<List<GraphSession>>> all =
            List.of(threads.submit(opening), threads.submit(opening));
        begun.await();
        runtime.close();
        for (Future<List<GraphSession>> each : all) {
          for (GraphSession session : each.get()) {
            assertThatThrownBy(() -> session.run(Map.of(), List.of(echo.y()), List.of()))
                .isInstanceOf(ClosedException.class);
          }
        }
        assertThat(runtime.openHandles()).isEmpty();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(TensorFlowRuntime.openInProcess()).isEmpty();
  }

  @Test
  void nothingStaysPreparedThatIsPreparedWhileTheSessionCloses() throws Exception {
    Echo echo = echo();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (int round = 0; round < 200; round++) {
        GraphSession session = runtime.session(echo.graph());
        CountDownLatch begun = new CountDownLatch(1);
        Future<?> preparing =
            thread.submit(
                () -> {
                  begun.countDown();
                  assertThatThrownBy(
                          () -> {
                            while (true) {
                              session.prepare(List.of(echo.x()), List.of(echo.y()), List.of());
                            }
                          })
                      .isInstanceOf(ClosedException.class);
                });
        begun.await();
        session.close();
        preparing.get();
        assertThat(session.prepared()).as("round %d", round).isZero();
      }
    } finally {
      thread.shutdown();
    }
  }

  @Test
  void manyThreadsRunWhileSessionsOpenAndClose() throws Exception {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_INT32, Shape.scalar());
    TensorRef y = editor.op("Mul").name("y").input(x).input(x).output();
    Graph graph = editor.build();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession shared = runtime.session(graph)) {
      PreparedRun run = shared.prepare(List.of(x), List.of(y), List.of());
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int thread = t;
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    int value = thread * 1000 + i;
                    assertThat(run.run(List.of(TensorValue.scalar(value))).get(0).ints())
                        .containsExactly(value * value);
                    if (i % 20 == 0) {
                      try (GraphSession own = runtime.session(graph)) {
                        own.run(Map.of(x, TensorValue.scalar(3)), List.of(y), List.of());
                      }
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(2, TimeUnit.MINUTES);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(TensorFlowRuntime.openInProcess()).isEmpty();
  }

  @Test
  void closingWaitsForRunningCallsAndRefusesLaterOnes() throws Exception {
    Echo echo = echo();
    TensorValue x = TensorValue.of(Shape.of(FLOATS), new float[FLOATS]);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 10; round++) {
        TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(echo.graph());
        CountDownLatch started = new CountDownLatch(4);
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
          all.add(
              threads.submit(
                  () -> {
                    started.countDown();
                    while (true) {
                      session.run(Map.of(echo.x(), x), List.of(echo.y()), List.of());
                    }
                  }));
        }
        started.await();
        Thread.sleep(20);
        runtime.close();
        for (Future<?> one : all) {
          assertThatThrownBy(() -> one.get(1, TimeUnit.MINUTES))
              .isInstanceOf(ExecutionException.class)
              .hasCauseInstanceOf(ClosedException.class);
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(TensorFlowRuntime.openInProcess()).isEmpty();
  }

  /** Waits for somebody to put something into a queue, which nobody does. */
  private static Graph hung() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef queue =
        editor.op("FIFOQueueV2").name("queue").attr("component_types", FLOAT).output();
    editor.op("QueueDequeueV2").name("y").input(queue).attr("component_types", FLOAT).outputs();
    return editor.build();
  }

  private static final AttrValue FLOAT = Attrs.types(List.of(DataType.DT_FLOAT));

  /** Counts for ever. */
  private static Graph endless() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef start = editor.constant("start", TensorValue.scalar(0));
    editor.putFunction(loop(true).toFunctionDef("cond"));
    editor.putFunction(loop(false).toFunctionDef("body"));
    TensorRef end =
        editor
            .op("StatelessWhile")
            .inputs(List.of(start))
            .attr("cond", Attrs.function("cond"))
            .attr("body", Attrs.function("body"))
            .attr("_lower_using_switch_merge", true)
            .output();
    editor.op("Identity").name("y").input(end).output();
    return editor.build();
  }

  private static FunctionGraph loop(boolean isCondition) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef i = editor.placeholder("i", DataType.DT_INT32, Shape.scalar());
    TensorRef one = editor.constant("one", TensorValue.scalar(1));
    TensorRef result =
        editor
            .op(isCondition ? "GreaterEqual" : "BitwiseOr")
            .input(i)
            .input(isCondition ? i : one)
            .output();
    return new FunctionGraph(
        "",
        editor.build(),
        ImmutableList.of("i"),
        ImmutableList.of(result),
        ImmutableList.of("result"),
        ImmutableList.of(),
        ImmutableMap.of());
  }

  @Test
  void aCallMayBeGivenUp() {
    for (Graph graph : List.of(hung(), endless())) {
      try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
          GraphSession session = runtime.session(graph);
          PreparedRun run = session.prepare(List.of(), List.of(TensorRef.parse("y")), List.of())) {
        long began = System.nanoTime();
        assertThatThrownBy(
                () -> run.run(List.of(), PreparedRun.Asked.within(Duration.ofMillis(200))))
            .isInstanceOfSatisfying(
                TensorFlowException.class,
                e -> assertThat(e.code()).isEqualTo(TensorFlowException.Code.DEADLINE_EXCEEDED));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
      }
    }
  }

  @Test
  void closingDoesNotWaitForEver() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      for (Graph graph : List.of(hung(), endless())) {
        TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(graph);
        CountDownLatch started = new CountDownLatch(1);
        Future<?> call =
            thread.submit(
                () -> {
                  started.countDown();
                  session.run(Map.of(), List.of(TensorRef.parse("y")), List.of());
                });
        started.await();
        Thread.sleep(100);
        session.close(Duration.ofMillis(100));
        runtime.close();
        assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(TensorFlowException.class);
        assertThat(runtime.openHandles()).isEmpty();
      }
    } finally {
      thread.shutdownNow();
    }
  }

  /** Whatever cannot be stopped: what it uses is freed by itself, when it comes back. */
  @Test
  void whatComesBackLateFreesWhatItUsed() throws Exception {
    List<String> freed = Collections.synchronizedList(new ArrayList<>());
    InUse use = new InUse("the thing", () -> freed.add("freed"));
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread late =
        new Thread(
            () ->
                use.during(
                    () -> {
                      started.countDown();
                      try {
                        end.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return "";
                    }));
    late.start();
    started.await();
    use.close();
    assertThat(use.awaitFreed(Duration.ofMillis(50))).isFalse();
    assertThatThrownBy(() -> use.during(() -> "")).hasMessage("the thing is closed");
    assertThat(freed).isEmpty();
    end.countDown();
    late.join();
    assertThat(use.awaitFreed(Duration.ZERO)).isTrue();
    use.close();
    assertThat(freed).containsExactly("freed");
  }
}
