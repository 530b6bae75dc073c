package dev.graft.trainer.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

class BatchSearchTest {

  private static final long GIGABYTE = 1_000_000_000;

  private final List<Integer> tried = new ArrayList<>();

  /** Among up to {@code most}, where no more than {@code limit} fit. */
  private BatchSearch search(int from, int most, int limit) {
    tried.clear();
    return BatchSearch.of(
        from,
        most,
        MemoryForecast.refused(),
        batch -> {
          tried.add(batch);
          if (batch > limit) {
            throw new ExhaustedException("no room for " + batch);
          }
        });
  }

  @Test
  void doublesAndThenGoesHalfway() {
    assertThat(search(16, 256, 100)).isEqualTo(new BatchSearch(96, 104, "no room for 104"));
    assertThat(tried).containsExactly(16, 32, 64, 128, 96, 112, 104);
    assertThat(search(16, 256, 31).batch()).isEqualTo(24);
    assertThat(search(16, 256, 16).batch()).isEqualTo(16);
  }

  /** How the sentence begins that 64 examples end with, where no more than {@code limit} fit. */
  private String said(int limit) {
    tried.clear();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      String words =
          NoRoom.of(
                  new ExhaustedException("full"),
                  runtime,
                  64,
                  some -> {
                    tried.add(some);
                    if (some > limit) {
                      throw new ExhaustedException("no room for " + some);
                    }
                  })
              .getMessage();
      return words.substring(0, words.indexOf(": full."));
    }
  }

  /** A try that is refused takes ten seconds: three of them at most. */
  @Test
  void afterAFailureTheSentenceHasWhatFits() {
    String unfit = "there is not enough memory for 64 examples at once";
    assertThat(said(50)).isEqualTo(unfit + ", but for at least 48");
    assertThat(tried).containsExactly(1, 2, 4, 8, 16, 32, 48, 56);
    assertThat(said(5)).isEqualTo(unfit + ", but for 5");
    assertThat(tried).containsExactly(1, 2, 4, 8, 6, 5);
    assertThat(said(33)).isEqualTo(unfit + ", but for at least 32");
    assertThat(said(1)).isEqualTo(unfit + ", but for 1");
    assertThat(said(0)).isEqualTo(unfit);
  }

  @Test
  void whatIsSmallIsFoundOneByOne() {
    for (int limit = 1; limit < 16; limit++) {
      assertThat(search(16, 64, limit).batch()).isEqualTo(limit);
      assertThat(search(1, 64, limit).batch()).isEqualTo(limit);
    }
    assertThat(search(16, 64, 0)).isEqualTo(new BatchSearch(0, 1, "no room for 1"));
  }

  @Test
  void neverTriesMoreThanTheMost() {
    assertThat(search(16, 100, 1000)).isEqualTo(new BatchSearch(100, 0, ""));
    assertThat(tried).containsExactly(16, 32, 64, 100);
    assertThat(search(16, 7, 1000)).isEqualTo(new BatchSearch(7, 0, ""));
    assertThat(search(1, Integer.MAX_VALUE, Integer.MAX_VALUE).batch())
        .isEqualTo(Integer.MAX_VALUE);
    assertThat(search(1, 1, 1).batch()).isEqualTo(1);
  }

  /** Each is at most a step from the limit, whatever that is. */
  @Test
  void comesCloseToAnyLimit() {
    for (int limit = 1; limit < 300; limit++) {
      int found = search(16, 256, limit).batch();
      assertThat(found).isLessThanOrEqualTo(limit);
      assertThat(Math.min(limit, 256) - found).isLessThan(8);
      assertThat(tried).hasSizeLessThan(12).doesNotHaveDuplicates();
    }
  }

  @Test
  void anotherFailureIsNoLackOfMemory() {
    assertThatThrownBy(
            () ->
                BatchSearch.of(
                    16,
                    64,
                    MemoryForecast.refused(),
                    batch -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
  }

  /**
   * On the CPU it refuses what has no address, wherever memory is promised freely; but it waits ten
   * seconds before that.
   */
  @Tag("slow")
  @Test
  void knowsHowTensorFlowSaysIt() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef size = editor.placeholder("size", DataType.DT_INT64, Shape.of(1));
    TensorRef zero = editor.constant("zero", TensorValue.scalar(0f));
    TensorRef filled = editor.op("Fill").input(size).input(zero).output();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build());
        PreparedRun run = session.prepare(List.of(size), List.of(filled), List.of())) {
      BatchSearch found =
          BatchSearch.of(
              16,
              17,
              MemoryForecast.on(runtime),
              batch -> {
                long[] count = {batch > 16 ? 1L << 48 : batch};
                run.run(List.of(TensorValue.of(Shape.of(1), count)));
              });
      assertThat(found.batch()).isEqualTo(16);
      assertThat(found.unfit()).isEqualTo(17);
      assertThat(found.why()).contains("no room").contains("281474976710656");
    }
  }

  /** A quarter of a gigabyte for each example, of ten that are free. */
  @Test
  void onTheCpuWhatWouldNotFitIsNotTried() {
    AtomicLong taken = new AtomicLong(3 * GIGABYTE);
    MemoryForecast forecast =
        new MemoryForecast(Optional.of(taken::get), OptionalLong.of(10 * GIGABYTE));
    BatchSearch found =
        BatchSearch.of(
            8,
            256,
            forecast,
            batch -> {
              tried.add(batch);
              taken.addAndGet(batch * GIGABYTE / 4);
              pause();
              taken.addAndGet(-batch * GIGABYTE / 4);
            });
    assertThat(tried).containsExactly(8, 16, 32);
    assertThat(found.batch()).isEqualTo(32);
    assertThat(found.unfit()).isEqualTo(40);
    assertThat(found.why()).isEqualTo("about 10.0 GB would be taken, of 10.0 GB that are free");
  }

  /** A run that was refused has taken next to nothing, which says nothing of others. */
  @Test
  void whatIsRefusedTellsNothingOfOthers() {
    AtomicLong taken = new AtomicLong(3 * GIGABYTE);
    MemoryForecast forecast =
        new MemoryForecast(Optional.of(taken::get), OptionalLong.of(20 * GIGABYTE));
    forecast.note(
        64,
        () -> {
          taken.addAndGet(8 * GIGABYTE);
          pause();
          taken.addAndGet(-8 * GIGABYTE);
        });
    assertThatThrownBy(
            () ->
                forecast.note(
                    120,
                    () -> {
                      throw new ExhaustedException("no room");
                    }))
        .hasMessage("no room");
    assertThat(forecast.against(150))
        .hasValue("about 18.8 GB would be taken, of 20.0 GB that are free");
    assertThat(forecast.against(100)).isEmpty();
  }

  @Test
  void whereNothingIsToldNoManyAreTried() {
    MemoryForecast forecast = new MemoryForecast(Optional.of(() -> 0L), OptionalLong.empty());
    BatchSearch found = BatchSearch.of(16, 256, forecast, tried::add);
    assertThat(found.batch()).isEqualTo(64);
    assertThat(found.why()).contains("does not tell how much memory");
  }

  private static void pause() {
    try {
      Thread.sleep(30);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
