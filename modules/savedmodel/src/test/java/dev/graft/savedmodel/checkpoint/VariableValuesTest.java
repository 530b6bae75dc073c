package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;

class VariableValuesTest {

  private static final Shape SHAPE = Shape.of(700_000_000);

  @TempDir Path folder;

  /** The file of 2.8 GB is sparse: it takes no room on the disk. */
  @Test
  void aVariableThatNoBufferHoldsIsRefusedByName() throws IOException {
    long bytes = 4L * SHAPE.elements();
    try (FileChannel index =
            FileChannel.open(
                folder.resolve("v.index"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        RandomAccessFile data =
            new RandomAccessFile(folder.resolve("v.data-00000-of-00001").toFile(), "rw")) {
      data.setLength(bytes);
      SortedTableWriter table = new SortedTableWriter(index);
      table.add(
          ByteString.EMPTY, BundleHeaderProto.newBuilder().setNumShards(1).build().toByteString());
      BundleEntryProto entry =
          BundleEntryProto.newBuilder()
              .setDtype(DataType.DT_FLOAT)
              .setShape(SHAPE.toProto())
              .setSize(bytes)
              .build();
      table.add(ByteString.copyFromUtf8("table"), entry.toByteString());
      table.finish();
    }
    assertThat(TensorBundle.open(folder.resolve("v")).keys()).containsExactly("table");
    Variable variable =
        new Variable(
            "words/embeddings",
            "words/node",
            DType.FLOAT32,
            SHAPE,
            true,
            Variable.Role.KERNEL,
            new VariableSource.InCheckpoint(folder.resolve("v"), "table", ""));
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> new VariableValues().of(variable))
        .withMessageContaining("'words/embeddings'")
        .withMessageContaining("2.6 GiB")
        .withMessageContaining("at most 2 GiB");
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> VariableValues.requireFitting(List.of(variable)));
  }
}
