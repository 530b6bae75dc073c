package dev.graft.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** Texts are encoded pictures where they get to a decoder as they are. */
class PictureInputTest {

  private static boolean decodes(BiFunction<Scope, TensorRef, TensorRef> read) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef bytes = editor.placeholder("bytes", DataType.DT_STRING, Shape.of(-1));
    TensorRef unused = read.apply(new Scope(editor, "net"), bytes);
    return PictureInput.decodes(editor.build(), bytes);
  }

  private static TensorRef first(Scope g, TensorRef texts) {
    return g.add("GatherV2", texts, g.scalar(0), g.scalar(0));
  }

  private static TensorRef throughAList(Scope g, TensorRef texts) {
    TensorRef list =
        g.op("TensorListFromTensor")
            .input(texts)
            .input(g.ints())
            .attr("element_dtype", DataType.DT_STRING)
            .attr("shape_type", DataType.DT_INT32)
            .output();
    return g.op("TensorListGetItem")
        .input(list)
        .input(g.scalar(0))
        .input(g.ints())
        .attr("element_dtype", DataType.DT_STRING)
        .output();
  }

  @Test
  void asTheyAre() {
    assertThat(decodes((g, x) -> g.add("DecodeJpeg", first(g, x)))).isTrue();
    assertThat(decodes((g, x) -> g.add("DecodeImage", g.add("Identity", first(g, x))))).isTrue();
    assertThat(decodes((g, x) -> g.add("DecodePng", throughAList(g, x)))).isTrue();
  }

  @Test
  void notWhatIsMadeOfThem() {
    assertThat(decodes((g, x) -> g.add("DecodePng", g.add("DecodeBase64", first(g, x))))).isFalse();
    assertThat(decodes((g, x) -> g.add("DecodeJpeg", g.add("ReadFile", first(g, x))))).isFalse();
    assertThat(
            decodes(
                (g, x) ->
                    g.add("DecodeBmp", g.add("Substr", first(g, x), g.scalar(1), g.scalar(9)))))
        .isFalse();
    assertThat(decodes((g, x) -> g.add("StringLength", x))).isFalse();
  }
}
