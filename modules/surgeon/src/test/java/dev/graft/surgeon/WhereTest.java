package dev.graft.surgeon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.Sets;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WhereTest {

  private static final Model MODEL = Models.efficientNetLite0();

  static Stream<String> texts() {
    return Stream.of(
        "all",
        "head",
        "backbone",
        "block12_*",
        "block1?_project_conv",
        "class BatchNormalization",
        "class DepthwiseConv2D and from block3",
        "last block",
        "last 3 blocks",
        "block block7",
        "until block13",
        "from block13_expand_bn",
        "[2]",
        "[0..9]",
        "[-3..-1]",
        "role beta",
        "variables /.*bn\\/(gamma|beta)/",
        "not head",
        "from block13 except role gamma",
        "(head or last 2 blocks) and not (role gamma or role beta)",
        "head or top_conv and role kernel");
  }

  @ParameterizedTest
  @MethodSource("texts")
  void theTextFormIsReadBack(String text) {
    Where where = Where.parse(text);
    assertThat(Where.parse(where.toString()).in(MODEL)).isEqualTo(where.in(MODEL));
    assertThat(where.in(MODEL).variables()).isNotEmpty();
  }

  @Test
  void untilAndFromDivideTheModel() {
    Set<String> before = Where.until("block13").in(MODEL).variables();
    Set<String> after = Where.from("block13").in(MODEL).variables();
    assertThat(before).contains("block12_expand_conv/kernel").doesNotContainAnyElementsOf(after);
    assertThat(after).contains("block13_expand_conv/kernel");
    assertThat(Sets.union(before, after)).isEqualTo(Where.all().in(MODEL).variables());
  }

  @Test
  void andBindsTighterThanOr() {
    assertThat(Where.parse("head or top_conv and role bias or stem_conv").in(MODEL).variables())
        .isEqualTo(
            Where.head()
                .or(Where.layer("top_conv").and(Where.role(Variable.Role.BIAS)))
                .or(Where.layer("stem_conv"))
                .in(MODEL)
                .variables());
  }

  @Test
  void theComplementAndTheSelectionAreTheWhole() {
    Where where = Where.parse("class BatchNormalization or role bias");
    Set<String> hit = where.in(MODEL).variables();
    Set<String> rest = where.not().in(MODEL).variables();
    assertThat(Sets.intersection(hit, rest)).isEmpty();
    assertThat(Sets.union(hit, rest)).hasSize(MODEL.variables().size());
    assertThat(where.not().not().in(MODEL).variables()).isEqualTo(hit);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "blok13_expand_conv; has no layer; block13_expand_conv",
        "until block16; has no layer; block1",
        "block block99; has no block; block9",
        "last 40 blocks; 17 blocks; stem",
        "class Dens; no layer of class; Nearest: Dense",
        "role kernle; no role 'kernle'; kernel",
        "role embeddings; no variable with the role; kernel",
        "variables /nothing/; no variable's name matches; Nearest",
        "[900]; there are no layers 900; outermost layers",
        "head and stem_conv; selects nothing; exclude each other",
      })
  void whatHitsNothingNamesTheNearest(String text, String why, String hint) {
    assertThatThrownBy(() -> Where.parse(text).in(MODEL))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining(why)
        .hasMessageContaining(hint == null ? "" : hint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "or head",
        "head or",
        "(head",
        "head)",
        "'open",
        "last blocks",
        "last x blocks",
        "until",
        "variables bias",
        "variables /bias",
        "[a..b]",
        "[1..99999999999]",
        "head head",
        "not",
        "variables /(/",
      })
  void whatCannotBeReadIsExplained(String text) {
    assertThatThrownBy(() -> Where.parse(text)).isInstanceOf(BadRequestException.class);
  }

  @Test
  void aLayerNamedLikeAWordIsQuoted() {
    assertThat(Where.layer("head").toString()).isEqualTo("'head'");
    assertThat(Where.layer("it's").toString()).isEqualTo("'it''s'");
    assertThatThrownBy(() -> Where.parse("'it''s'").in(MODEL)).hasMessageContaining("layer 'it's'");
  }
}
