package dev.graft.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.tensor.TensorValue;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooTest {
  @Test
  void holdsEveryVintage() {
    assertThat(Zoo.models()).hasSizeGreaterThan(90);
    assertThat(Zoo.models().stream().map(ZooModel::vintage).distinct())
        .contains("keras2", "keras2_export", "keras3", "tfsave", "tf1");
  }

  @Test
  void saysWhenNothingFits() {
    assertThatThrownBy(() -> Zoo.model("keras2/nothing")).hasMessageContaining("keras2/lstm");
    assertThatThrownBy(() -> Zoo.models(m -> m.family().equals("nothing")))
        .hasMessageContaining("no such model");
  }

  static Iterable<ZooModel> models() {
    return Zoo.models();
  }

  @ParameterizedTest
  @MethodSource("models")
  void hasValuesForWhatItsFactsPromise(ZooModel model) {
    Golden golden = model.golden();
    assertThat(model.savedModel().resolve("saved_model.pb")).exists();
    for (ZooModel.Case each : model.facts().cases()) {
      if (each.feeds() != null) {
        for (ZooModel.Port feed : each.feeds()) {
          TensorValue value = golden.value(each.name() + "/input/" + feed.name());
          if (feed.shape() != null) {
            assertThat(value.shape().rank()).isEqualTo(feed.shape().size());
          }
        }
      }
      assertThat(golden.under(each.name() + "/output/")).isNotEmpty();
      if (golden.has(each.name() + "/loss")) {
        Set<String> expected = new HashSet<>(model.facts().trainable());
        expected.removeAll(
            each.gradientNone() == null ? model.facts().gradientNone() : each.gradientNone());
        assertThat(golden.under(each.name() + "/grad/").keySet()).isEqualTo(expected);
      }
    }
  }

  @Test
  void readsGoldenValuesAsTensorFlowWroteThem() throws Exception {
    ZooModel model = Zoo.model("keras2/linear_regression");
    Golden golden = model.golden();
    TensorValue x = golden.under("a/input/").values().iterator().next();
    TensorValue y = golden.under("a/output/").values().iterator().next();
    assertThat(Files.size(model.savedModel().resolve("saved_model.pb"))).isPositive();
    assertThat(x.dtype()).isEqualTo(y.dtype());
    assertThat(golden.value("a/loss").shape().rank()).isZero();
    assertThatThrownBy(() -> golden.value("a/input/none")).hasMessageContaining("a/loss");
  }
}
