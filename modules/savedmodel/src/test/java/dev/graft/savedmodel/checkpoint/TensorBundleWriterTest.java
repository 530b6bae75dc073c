package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBundleWriterTest {

  @TempDir Path folder;

  private static void write(Path prefix, Map<String, TensorValue> tensors) {
    try (TensorBundleWriter writer = TensorBundleWriter.create(prefix)) {
      tensors.forEach(writer::add);
      writer.finish();
    }
  }

  @Test
  void whatIsWrittenIsRead() {
    Random random = new Random(3);
    Map<String, TensorValue> tensors = new HashMap<>();
    for (int i = 0; i < 4000; i++) { // several blocks of index
      String key = "layer_with_weights-" + i + "/kernel/.ATTRIBUTES/VARIABLE_VALUE";
      tensors.put(key, TensorValue.of(Shape.of(2, 3), random.doubles(6).toArray()));
    }
    tensors.put("é/\uD83D\uDE00", TensorValue.scalar(7L));
    tensors.put("empty", TensorValue.of(Shape.of(0, 3), new float[0]));
    tensors.put("half", TensorValue.of(DType.FLOAT16, Shape.of(1), ByteBuffer.allocate(2)));
    List<ByteString> words =
        List.of(
            ByteString.EMPTY,
            ByteString.copyFromUtf8("käse"),
            ByteString.copyFrom(new byte[100_000]));
    tensors.put("words", TensorValue.strings(Shape.of(3, 1), words));
    tensors.put("_CHECKPOINTABLE_OBJECT_GRAPH", TensorValue.scalar("graph"));
    write(folder.resolve("variables"), tensors);
    TensorBundle bundle = TensorBundle.open(folder.resolve("variables"));
    assertThat(tensors.keySet().equals(bundle.keys())).isTrue();
    tensors.forEach(
        (key, value) -> {
          TensorValue read = bundle.read(key);
          assertThat(read.dtype()).isEqualTo(value.dtype());
          assertThat(read.shape()).isEqualTo(value.shape());
          if (value.dtype() == DType.STRING) {
            assertThat(read.strings()).isEqualTo(value.strings());
          } else {
            assertThat(read.bytes()).isEqualTo(value.bytes());
          }
        });
  }

  @Test
  void theSameTensorsGiveTheSameBytes() throws Exception {
    Map<String, TensorValue> tensors =
        Map.of("a", TensorValue.scalar(1f), "b", TensorValue.scalar("x"));
    write(folder.resolve("one"), tensors);
    write(folder.resolve("two"), tensors);
    for (String suffix : List.of(".index", ".data-00000-of-00001")) {
      assertThat(Files.readAllBytes(folder.resolve("one" + suffix)))
          .isEqualTo(Files.readAllBytes(folder.resolve("two" + suffix)));
    }
  }

  @Test
  void withoutFinishThereIsNoCheckpoint() {
    write(folder.resolve("variables"), Map.of("a", TensorValue.scalar(1f)));
    try (TensorBundleWriter writer = TensorBundleWriter.create(folder.resolve("variables"))) {
      writer.add("a", TensorValue.scalar(2f));
    }
    assertThat(TensorBundle.exists(folder.resolve("variables"))).isFalse();
  }

  @Test
  void aKeyIsTakenOnce() {
    try (TensorBundleWriter writer = TensorBundleWriter.create(folder.resolve("variables"))) {
      writer.add("a", TensorValue.scalar(1f));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> writer.add("a", TensorValue.scalar(2f)));
      assertThatIllegalArgumentException().isThrownBy(() -> writer.add("", TensorValue.scalar(2f)));
    }
  }
}
