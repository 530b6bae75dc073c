package dev.graft.surgeon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads are found where the zoo's golden files say that there is one, and nowhere else. */
class HeadFinderTest {

  /** No classifiers by the zoo's own account, but their last layer is a product with a weight. */
  private static final Set<String> DENSE_AT_THE_END =
      Set.of("embedding_tied", "linear_regression", "merge_layers", "module_mlp", "module_mlp_k3");

  static Stream<ZooModel> classifiers() {
    return withSignature().filter(zoo -> zoo.facts().head() != null);
  }

  static Stream<ZooModel> others() {
    return withSignature()
        .filter(zoo -> zoo.facts().head() == null)
        .filter(zoo -> !DENSE_AT_THE_END.contains(zoo.facts().name()))
        .filter(zoo -> !zoo.vintage().equals("tf1"));
  }

  private static Stream<ZooModel> withSignature() {
    return Zoo.models().stream().filter(zoo -> zoo.facts().signature() != null);
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void findsTheHeadOfEveryClassifier(ZooModel zoo) {
    ZooModel.Head expected = zoo.facts().head();
    assertThat(expected).isNotNull();

    FoundHead found = HeadFinder.only(FlatModels.of(zoo));

    assertThat(found.kernel()).contains(expected.layer() + "/kernel");
    assertThat(found.bias()).hasValueSatisfying(b -> assertThat(b.name()).contains("bias"));
    assertThat(found.units()).isEqualTo(expected.units());
    assertThat(found.operation()).isEqualTo(expected.kind().equals("dense") ? "MatMul" : "Conv2D");
    if ("sigmoid".equals(expected.activation())) {
      assertThat(found.kind()).isEqualTo(Head.Kind.MULTI_LABEL);
    } else {
      assertThat(found.kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
    }
    assertThat(found.logits().equals(found.answer()) || !found.reason().contains("without"))
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("others")
  void saysWhatStandsWhereThereIsNoHead(ZooModel zoo) {
    Model model = FlatModels.of(zoo);
    assertThatThrownBy(() -> HeadFinder.only(model))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("comes from the op")
        .hasMessageContaining("cut(");
  }

  @Test
  void oneUnitWithoutActivationIsARegression() {
    FoundHead found = HeadFinder.only(FlatModels.of(Zoo.model("keras3/linear_regression")));
    assertThat(found.kind()).isEqualTo(Head.Kind.REGRESSION);
    assertThat(found.inputs()).isEqualTo(4);
  }

  @Test
  void aTiedKernelIsReadTransposed() {
    FoundHead found = HeadFinder.only(FlatModels.of(Zoo.model("keras2/embedding_tied")));
    assertThat(found.transposed()).isTrue();
    assertThat(found.units()).isEqualTo(10);
    assertThat(found.inputs()).isEqualTo(4);
  }
}
