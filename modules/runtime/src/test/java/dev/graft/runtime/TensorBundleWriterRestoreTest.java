package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.savedmodel.checkpoint.TensorBundleWriter;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the model module writes, TensorFlow's own RestoreV2 reads. */
class TensorBundleWriterRestoreTest {

  @Test
  void tensorFlowRestoresWhatIsWritten(@TempDir Path folder) {
    Map<String, TensorValue> tensors = new LinkedHashMap<>();
    Random random = new Random(5);
    for (int i = 0; i < 3000; i++) {
      String key = "layer-" + random.nextInt() + "/kernel/.ATTRIBUTES/VARIABLE_VALUE";
      tensors.put(key, TensorValue.of(Shape.of(3), random.doubles(3).toArray()));
    }
    List<ByteString> words =
        List.of(ByteString.EMPTY, ByteString.copyFromUtf8("ä"), ByteString.copyFrom(new byte[999]));
    tensors.put("words", TensorValue.strings(Shape.of(3), words));
    tensors.put("_CHECKPOINTABLE_OBJECT_GRAPH", TensorValue.scalar("graph"));
    tensors.put("none", TensorValue.of(Shape.of(0), new int[0]));
    Path prefix = folder.resolve("variables");
    try (TensorBundleWriter writer = TensorBundleWriter.create(prefix)) {
      tensors.forEach(writer::add);
      writer.finish();
    }
    GraphEditor editor = Graph.empty().edit();
    TensorRef path = constant(editor, TensorValue.scalar(prefix.toString()));
    List<ByteString> keys = tensors.keySet().stream().map(ByteString::copyFromUtf8).toList();
    TensorRef names = constant(editor, TensorValue.strings(Shape.of(keys.size()), keys));
    List<ByteString> whole = keys.stream().map(key -> ByteString.EMPTY).toList();
    TensorRef slices = constant(editor, TensorValue.strings(Shape.of(keys.size()), whole));
    List<TensorRef> restored =
        editor
            .op("RestoreV2")
            .input(path)
            .input(names)
            .input(slices)
            .attr(
                "dtypes",
                Attrs.types(tensors.values().stream().map(each -> each.dtype().proto()).toList()))
            .outputs();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build())) {
      List<TensorValue> values = session.run(Map.of(), restored, List.of());
      int i = 0;
      for (TensorValue wanted : tensors.values()) {
        TensorValue value = values.get(i++);
        assertThat(value.shape()).isEqualTo(wanted.shape());
        if (wanted.dtype() == DType.STRING) {
          assertThat(value.strings()).isEqualTo(wanted.strings());
        } else {
          assertThat(value.bytes()).isEqualTo(wanted.bytes());
        }
      }
    }
  }

  private static TensorRef constant(GraphEditor editor, TensorValue value) {
    return editor
        .op("Const")
        .attr("dtype", value.dtype().proto())
        .attr("value", Attrs.of(value.toProto()))
        .output();
  }
}
