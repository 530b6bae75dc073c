package dev.graft.graph.op;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.graft.graph.op.OpHistory.Need;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Which TensorFlow knows what, as its own releases say. */
class OpHistoryTest {

  private static final OpHistory HISTORY = OpHistory.standard();

  private static NodeDef node(String op, String attr, AttrValue.Builder value) {
    return NodeDef.newBuilder().setOp(op).putAttr(attr, value.build()).build();
  }

  private static AttrValue.Builder type(DataType type) {
    return AttrValue.newBuilder().setType(type);
  }

  private static Need need(NodeDef... nodes) {
    return HISTORY.of(List.of(nodes), List.of());
  }

  @Test
  void theReleasesAreInTheirOrderUpToGraftsOwn() {
    assertThat(HISTORY.releases())
        .isSortedAccordingTo(
            Comparator.comparingInt(release -> Integer.parseInt(release.substring(2))))
        .startsWith("2.3")
        .endsWith("2.18");
  }

  @Test
  void opsAttributesAndTheirValuesCount() {
    Need old = new Need("2.3", "");
    assertThat(need()).isEqualTo(old);
    assertThat(need(node("Relu", "T", type(DataType.DT_FLOAT)))).isEqualTo(old);
    assertThat(need(node("Foreign", "T", type(DataType.DT_FLOAT)))).isEqualTo(old);
    assertThat(need(node("Relu", "_mine", AttrValue.newBuilder().setB(true)))).isEqualTo(old);
    assertThat(need(node("DecodeImage", "channels", AttrValue.newBuilder().setI(3))))
        .isEqualTo(new Need("2.4", "op DecodeImage"));
    NodeDef attribute =
        node(
            "TensorListSetItem",
            "resize_if_index_out_of_bounds",
            AttrValue.newBuilder().setB(true));
    assertThat(need(attribute))
        .isEqualTo(
            new Need("2.16", "attribute resize_if_index_out_of_bounds of op TensorListSetItem"));
    assertThat(need(node("AddV2", "T", type(DataType.DT_UINT32))))
        .isEqualTo(new Need("2.4", "uint32 in op AddV2"));
    AttrValue.Builder unknown = AttrValue.newBuilder().setTypeValue(9999);
    assertThat(need(node("AddV2", "T", unknown))).isEqualTo(old);
    AttrValue.ListValue many = AttrValue.ListValue.newBuilder().addTypeValue(9999).build();
    assertThat(need(node("AddV2", "T", AttrValue.newBuilder().setList(many)))).isEqualTo(old);
    NodeDef text = node("Relu", "T", AttrValue.newBuilder().setS(ByteString.copyFromUtf8("\n é")));
    assertThat(need(text)).isEqualTo(old);
  }

  /** No op of today has a list with a newer value: since.txt may get one with each release. */
  @Test
  void whatIsInAListCounts() {
    OpHistory history = new OpHistory("# 2.3 2.4 2.7\n2.4 Many Tin 22\n2.7 Many modes soft\n");
    AttrValue.ListValue types =
        AttrValue.ListValue.newBuilder()
            .addType(DataType.DT_FLOAT)
            .addType(DataType.DT_UINT32)
            .build();
    assertThat(types.getType(1).getNumber()).isEqualTo(22);
    NodeDef ofTypes = node("Many", "Tin", AttrValue.newBuilder().setList(types));
    assertThat(history.of(List.of(ofTypes), List.of()))
        .isEqualTo(new Need("2.4", "uint32 in op Many"));
    AttrValue.ListValue texts =
        AttrValue.ListValue.newBuilder().addS(ByteString.copyFromUtf8("soft")).build();
    NodeDef ofTexts = node("Many", "modes", AttrValue.newBuilder().setList(texts));
    assertThat(history.of(List.of(ofTypes, ofTexts), List.of()))
        .isEqualTo(new Need("2.7", "modes of op Many"));
  }

  @Test
  void theLatestOfAllDecides() {
    NodeDef decode = NodeDef.newBuilder().setOp("DecodeImage").build();
    NodeDef list =
        node(
            "TensorListSetItem",
            "resize_if_index_out_of_bounds",
            AttrValue.newBuilder().setB(true));
    FunctionDef function = FunctionDef.newBuilder().addNodeDef(list).build();
    assertThat(HISTORY.of(List.of(decode), List.of(function)).release()).isEqualTo("2.16");
    assertThat(HISTORY.of(List.of(list, decode), List.of()).release()).isEqualTo("2.16");
    assertThat(HISTORY.of(List.of(decode), List.of()).release()).isEqualTo("2.4");
  }

  /** What is listed is what TensorFlow's registry of today has. */
  @Test
  void allOfItIsInTheRegistry() {
    assertThat(HISTORY.ops())
        .isNotEmpty()
        .allMatch(op -> OpRegistry.standard().find(op).isPresent());
  }
}
