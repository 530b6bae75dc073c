package dev.graft.surgeon;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan.Stretch;
import dev.graft.model.Variable;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What add_weight(trainable=False) made stays as it is, unless somebody names it. */
class DeclaredWeightsTest {

  private static final List<String> DECLARED = List.of("positions/table", "projection/kernel");
  private static final List<String> OTHERS =
      List.of(
          "positions/scale",
          "frozen_dense/kernel",
          "frozen_dense/bias",
          "pieces/pieces",
          "pieces/count",
          "hidden/kernel",
          "hidden/bias",
          "logits/kernel",
          "logits/bias");

  private static List<String> trainable(Model model) {
    return model.trainableVariables().stream().map(Variable::name).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras2", "keras2_export", "keras3"})
  void kerasTellsThemFromWhatWasFrozen(String vintage) {
    Model model = Models.zoo(vintage + "/declared_weights");
    assertThat(model.variables().stream().filter(Variable::fixed).map(Variable::name))
        .containsExactlyInAnyOrderElementsOf(DECLARED);
    Model all = model.with(freeze(Where.all()), unfreeze(Where.all()));
    assertThat(trainable(all)).containsExactlyInAnyOrderElementsOf(OTHERS);
    assertThat(Plans.everything(model).stretches())
        .singleElement()
        .satisfies(
            stretch ->
                assertThat(stretch.variables())
                    .contains("positions/scale", "pieces/count")
                    .doesNotContainAnyElementsOf(DECLARED));
  }

  @Test
  void whoNamesThemMeansThem() {
    Model model = Models.zoo("keras2/declared_weights");
    Where named = Where.variables("positions/table");
    Model with = model.with(unfreeze(named));
    assertThat(trainable(with)).contains("positions/table").doesNotContain("projection/kernel");
    assertThat(with.variable("positions/table").orElseThrow().fixed()).isFalse();
    assertThat(Plans.of(model, named).stretches())
        .extracting(Stretch::variables)
        .containsExactly(ImmutableSet.of("positions/table"));
    assertThat(trainable(model.with(unfreeze(Where.layer("positions").and(named)))))
        .contains("positions/table");
    assertThat(trainable(model.with(unfreeze(Where.layer("projection").or(named)))))
        .contains("positions/table")
        .doesNotContain("projection/kernel");
    assertThat(trainable(model.with(unfreeze(named.not())))).doesNotContainAnyElementsOf(DECLARED);
    assertThatThrownBy(() -> model.with(unfreeze(Where.layer("projection"))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("declared projection/kernel as not trainable")
        .hasMessageContaining("variables /projection\\/kernel/");
    assertThat(trainable(model.with(unfreeze(Where.parse("variables /projection\\/kernel/")))))
        .contains("projection/kernel");
  }

  /** One flag that is off, and no list: by what weights do in their layers. */
  @ParameterizedTest
  @ValueSource(strings = {"tfsave/declared_module", "tfsave/declared_module_k3"})
  void whereTheFileCannotTellKernelsCountAsFrozen(String zoo) {
    Model model = Models.zoo(zoo);
    assertThat(trainable(model)).containsExactly("out");
    assertThat(trainable(model.with(unfreeze(Where.all())))).containsExactly("kernel", "out");
    assertThat(model.variable("codebook").orElseThrow().fixed()).isTrue();
  }

  @Test
  void freshValuesAreForWhatIsNamed() {
    Model model = Models.zoo("keras3/declared_weights");
    Model fresh = model.with(reinitialize(Where.parse("projection or hidden"), 1));
    assertThat(fresh.variable("projection/kernel")).isEqualTo(model.variable("projection/kernel"));
    assertThat(fresh.variable("hidden/kernel")).isNotEqualTo(model.variable("hidden/kernel"));
    assertThat(
            model
                .with(reinitialize(Where.variables("projection/kernel"), 1))
                .variable("projection/kernel"))
        .isNotEqualTo(model.variable("projection/kernel"));
  }
}
