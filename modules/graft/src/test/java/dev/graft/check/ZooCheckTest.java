package dev.graft.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Trust;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each model of the zoo goes the whole road, or the report says why it cannot. */
class ZooCheckTest {

  /** What cannot be trained, and the reason that has to be given. */
  private static final Map<String, String> REASONS =
      Map.of(
          "tf1/tf1_dynamic_rnn", "no trainable variable has a gradient",
          "tf1/tf1_while_v1", "no trainable variable has a gradient");

  @TempDir private Path folder = Path.of("");

  static List<ZooModel> models() {
    return Zoo.models();
  }

  private CheckReport check(ZooModel zoo) {
    List<CheckProcess.Note> notes = new ArrayList<>();
    new Checkup(zoo.savedModel(), Trust.REFUSE, folder, folder, notes::add).run();
    CheckProcess.Note last = notes.get(notes.size() - 1);
    assertThat(last.done()).isTrue();
    return last.report();
  }

  private static void assertHolds(CheckReport report) {
    assertThat(report.error()).as("%s", report.story()).isNull();
    assertThat(report.imported()).isTrue();
    assertThat(report.trained()).isTrue();
    assertThat(report.exported()).isTrue();
    assertThat(report.exportMaxDiff()).isZero();
  }

  @Tag("nightly")
  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void everyOneHoldsOrSaysWhy(ZooModel zoo) {
    CheckReport report = check(zoo);
    String reason = REASONS.get(zoo.toString());
    if (reason != null) {
      assertThat(report.error()).contains(reason);
      return;
    }
    assertHolds(report);
    if (zoo.facts().deterministic()) {
      assertThat(report.parityMaxDiff()).isZero();
    }
  }

  /** A loop; sparse parts; what the loader cannot restore; reference variables; PNG alone. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras2/lstm",
        "keras2/sparse_keras",
        "tfsave/cnn_bn_k3",
        "tf1/tf1_ref_variables",
        "tfsave/image_bytes"
      })
  void typicalOnesHold(String name) {
    CheckReport report = check(Zoo.model(name));
    assertHolds(report);
    assertThat(report.parityMaxDiff()).isZero();
    assertThat(report.trainable()).isPositive();
    assertThat(report.blocked()).isEmpty();
  }
}
