package dev.graft.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import dev.graft.error.BadRequestException;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.trainer.FineTune;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rates over time are Keras 2.15's, made by tools/parity/schedules.py, where Keras has them. */
class ScheduleTest {

  private static final Golden GOLDEN = Golden.read(Checkout.path("testdata/parity/schedules.pb"));
  private static final int STEPS = 100;

  private static double share(Schedule schedule, long step) {
    return schedule.share(new Schedule.Position(step, STEPS, List.of()));
  }

  private static void isKeras(String name, Schedule schedule) {
    double[] rates = GOLDEN.value(name).doubles();
    for (int step = 0; step < rates.length; step++) {
      assertThat(share(schedule, step))
          .as("%s at %d", name, step)
          .isCloseTo(rates[step], within(3e-7));
    }
  }

  @Test
  void ratesAreKeras() {
    isKeras("cosine", Schedule.cosine());
    isKeras("cosine_floor", new Schedule.Cosine(0.1));
    isKeras("exponential", Schedule.exponential(30, 0.5));
    isKeras("step", Schedule.step(30, 0.5));
    isKeras("linear", Schedule.polynomial(1));
    isKeras("polynomial", new Schedule.Polynomial(2, 0.05));
    isKeras(
        "piecewise",
        new Schedule.Piecewise(ImmutableList.of(10L, 50L), ImmutableList.of(1.0, 0.3, 0.01)));
  }

  @Test
  void aPlateauIsKeras() {
    List<Double> losses = Doubles.asList(GOLDEN.value("plateau/losses").doubles());
    for (int patience : new int[] {1, 2, 3}) {
      Schedule schedule = new Schedule.ReduceOnPlateau(patience, 0.1, 1e-4, 0.002);
      double[] rates = GOLDEN.value("plateau/" + patience).doubles();
      for (int epoch = 0; epoch < rates.length; epoch++) {
        Schedule.Position after = new Schedule.Position(epoch, STEPS, losses.subList(0, epoch + 1));
        assertThat(schedule.share(after))
            .as("patience %d after epoch %d", patience, epoch)
            .isCloseTo(rates[epoch], within(1e-7));
      }
    }
  }

  @Test
  void oneCycleGoesUpAndDown() {
    Schedule cycle = Schedule.oneCycle();
    assertThat(share(cycle, 0)).isCloseTo(1.0 / 25, within(1e-12));
    assertThat(share(cycle, 29)).isCloseTo(1, within(1e-12));
    assertThat(share(cycle, 99)).isCloseTo(1.0 / 25e4, within(1e-12));
    // half a cosine is at the middle half-way
    assertThat(share(new Schedule.OneCycle(0.51, 0.2, 0), 25)).isCloseTo(0.6, within(1e-12));
  }

  @Test
  void aRiseComesBeforeAnySchedule() {
    Schedule warm = Schedule.cosine().warmUp(0.1);
    assertThat(share(warm, 0)).isCloseTo(1.0 / 11, within(1e-12));
    assertThat(share(warm, 9)).isCloseTo(10.0 / 11, within(1e-12));
    assertThat(share(warm, 10)).isCloseTo(1, within(1e-12));
    assertThat(share(warm, 55)).isCloseTo(0.5, within(1e-12));
    assertThat(share(warm, 100)).isCloseTo(0, within(1e-12));
    assertThat(share(Schedule.constant().warmUp(0.5), 80)).isEqualTo(1);
  }

  @Test
  void schedulesAreReadFromText() {
    assertThat(Schedule.parse("cosine")).isEqualTo(Schedule.cosine());
    assertThat(Schedule.parse("step:30:0.5")).isEqualTo(Schedule.step(30, 0.5));
    assertThat(Schedule.parse("plateau:2")).isEqualTo(Schedule.reduceOnPlateau(2));
    assertThatThrownBy(() -> Schedule.parse("cosin"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("cosin", "cosine", "one-cycle");
    assertThatThrownBy(() -> Schedule.parse("step:a:b"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("step:STEPS:FACTOR");
  }

  @Test
  void settingsThatMakeNoSenseAreRefused() {
    for (Runnable wrong :
        List.<Runnable>of(
            () -> Schedule.step(0, 0.5),
            () -> Schedule.exponential(10, 2),
            () -> Schedule.polynomial(0),
            () -> Schedule.reduceOnPlateau(0),
            () -> Schedule.cosine().warmUp(2),
            () -> new Schedule.Cosine(-1),
            () -> new Schedule.OneCycle(1, 0.1, 0),
            () -> new Schedule.Piecewise(ImmutableList.of(5L, 2L), ImmutableList.of(1.0, 0.5, 0.1)),
            () -> FineTune.top().rate(0),
            () -> FineTune.top().rates(LayerRates.falling(0)),
            () -> FineTune.top().microBatch(0),
            () -> FineTune.top().patience(0))) {
      assertThatThrownBy(wrong::run).isInstanceOf(BadRequestException.class);
    }
  }
}
