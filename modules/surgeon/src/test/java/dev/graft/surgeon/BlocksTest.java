package dev.graft.surgeon;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Loops;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlocksTest {

  @Test
  void aShippedBackboneHasItsBlocksByName() {
    Model model = Models.efficientNetLite0();
    List<Block> blocks = Blocks.of(model);
    assertThat(blocks).extracting(Block::name).startsWith("stem", "block0").endsWith("block15");
    assertThat(blocks).hasSize(17);
    assertThat(blocks.get(16).layers()).contains("block15_expand_conv", "top_conv", "top_bn");
    assertThat(blocks).allSatisfy(block -> assertThat(block.inputs()).hasSize(1));
    Set<String> all = new HashSet<>();
    blocks.forEach(block -> all.addAll(block.variables()));
    FoundHead head = HeadFinder.only(model);
    assertThat(model.variables())
        .extracting(Variable::name)
        .filteredOn(name -> !all.contains(name))
        .containsExactlyInAnyOrder(head.kernel(), head.bias().orElseThrow().name());
  }

  @Test
  void theLastBlocksAreChosenWithoutTheHead() {
    Model model = Models.efficientNetLite0();
    Model top = model.with(freeze(Where.all()), unfreeze(Where.lastBlocks(2)));
    assertThat(top.trainableVariables())
        .extracting(Variable::name)
        .contains("block14_expand_conv/kernel", "top_conv/kernel")
        .noneMatch(name -> name.startsWith("block13") || name.contains("moving"))
        .doesNotContain(HeadFinder.only(model).kernel());
    assertThatThrownBy(() -> Where.lastBlocks(18).in(model))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("17 blocks (stem, block0");
  }

  @Test
  void whereNamesSayNothingTheGraphDoes() {
    List<Block> blocks = Blocks.of(Models.zoo("keras3/residual"));
    assertThat(blocks)
        .extracting(Block::layers)
        .containsExactly(
            ImmutableList.of("conv2d"),
            ImmutableList.of("conv2d_1", "conv2d_2"),
            ImmutableList.of("conv2d_4", "conv2d_3"));
    assertThat(blocks).allSatisfy(block -> assertThat(block.inputs()).hasSize(1));
  }

  @Test
  void anEncoderLayerIsCutAtItsOneTensor() {
    List<Block> blocks = Blocks.of(Models.zoo("keras2_export/transformer_encoder"));
    assertThat(blocks).hasSize(3);
    assertThat(blocks.get(2).layers()).containsExactly("dense", "dense_1", "layer_normalization_1");
    assertThat(blocks.get(2).inputs()).hasSize(1);
  }

  @Test
  void aLoopOfTf1IsNotCutInside() {
    Model model = Models.zoo("tf1/tf1_while_v1");
    Set<String> inside = Loops.inside(model.graph());
    assertThat(inside).isNotEmpty();
    assertThat(Blocks.of(model))
        .flatExtracting(Block::inputs)
        .isNotEmpty()
        .noneMatch(tensor -> inside.contains(tensor.node()));
  }

  @Test
  void belowTheHeadAreThePooledFeatures() {
    Model model =
        Models.efficientNetLite0().with(replaceHead(HeadSpec.singleLabel("a", "b").dropout(0.2)));
    List<String> head = List.of("predictions/kernel", "predictions/bias");
    assertThat(model.variables()).extracting(Variable::name).containsAll(head);
    Layer dropout = model.layers().get(model.layers().size() - 2);
    assertThat(Blocks.below(model, head, List.of())).isEqualTo(dropout.outputs());
    assertThat(Blocks.below(model, head, dropout.outputs())).isEqualTo(dropout.inputs());
  }

  @ParameterizedTest
  @CsvSource({
    "block_13_expand, block_13",
    "block_13_expand_BN, block_13",
    "block6a_se_reduce, block6a",
    "block7b_project_bn, block7b",
    "block14_sepconv2_bn, block14",
    "block5_conv3, block5",
    "conv5_block3_1_conv, conv5_block3",
    "conv5_block16_2_bn, conv5_block16",
    "block35_10_conv, block35_10",
    "convnext_tiny_stage_3_block_2_depthwise_conv, stage_3_block_2",
    "conv_dw_13_bn, conv_13",
    "conv_pw_13, conv_13",
    "expanded_conv_10/depthwise, expanded_conv_10",
    "expanded_conv/depthwise, expanded_conv",
    "encoder/layer_3/attention/query, layer_3",
    "encoder_layer_2/attention, encoder_layer_2",
    "transformer/encoder_layer_11/output, encoder_layer_11",
    "transformer_block_1/dense, transformer_block_1",
    "transformer_block/dense, transformer_block",
  })
  void namesOfKnownFamilies(String layer, String block) {
    assertThat(BlockNames.in(layer)).contains(block);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "conv2d_1",
        "dense",
        "batch_normalization_12",
        "conv1_conv",
        "top_conv",
        "stem_bn",
        "lstm/lstm_cell",
        "lstm_1/lstm_cell_1",
        "pool4_conv",
        "layer_normalization_1"
      })
  void numbersByKerasAreNoBlocks(String layer) {
    assertThat(BlockNames.in(layer)).isEmpty();
  }
}
