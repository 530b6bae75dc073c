package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.graft.graph.Attrs;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;

/**
 * An index that is one table to who reads it through, and another to who searches it by its restart
 * points, of which one leads into the value of an entry. TensorFlow searches; it gave what lay
 * behind a tensor in memory for its values, and took numbers for the addresses of texts.
 */
class TwoTablesTest {

  private static final ByteString KEY = ByteString.copyFromUtf8("v");
  private static final int UNUSED_FIELD = 15;

  @TempDir private Path folder;

  private static void varint(ByteString.Output out, int value) {
    for (int rest = value; ; rest >>>= 7) {
      out.write(rest >>> 7 == 0 ? rest : rest & 0x7f | 0x80);
      if (rest >>> 7 == 0) {
        return;
      }
    }
  }

  private static ByteString little(int... values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      out.putInt(value);
    }
    return ByteString.copyFrom(out.flip());
  }

  private static int checksum(ByteString bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.asReadOnlyByteBuffer());
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static ByteString entry(ByteString key, ByteString value) {
    ByteString.Output out = ByteString.newOutput();
    varint(out, 0);
    varint(out, key.size());
    varint(out, value.size());
    return out.toByteString().concat(key).concat(value);
  }

  /** Adds a block to {@code file}; gives where it is. */
  private static ByteString block(ByteString.Output file, ByteString block) throws IOException {
    ByteString.Output handle = ByteString.newOutput();
    varint(handle, file.size());
    varint(handle, block.size());
    ByteString plain = block.concat(ByteString.copyFrom(new byte[1]));
    plain.concat(little(checksum(plain))).writeTo(file);
    return handle.toByteString();
  }

  private static ByteString number(DataType dtype, int offset, int size, ByteString data) {
    return BundleEntryProto.newBuilder()
        .setDtype(dtype)
        .setShape(Shape.of(1).toProto())
        .setOffset(offset)
        .setSize(size)
        .setCrc32C(checksum(data.substring(offset, offset + size)))
        .build()
        .toByteString();
  }

  /** The index of {@code data}: a number that is its first one, or if one searches its second. */
  private static byte[] index(ByteString data) throws IOException {
    ByteString other = entry(KEY, number(DataType.DT_FLOAT, 4, 4, data));
    ByteString smaller = entry(ByteString.copyFrom(new byte[1]), ByteString.EMPTY); // than the key
    ByteString hidden = smaller.concat(other);
    UnknownFieldSet.Field field =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(hidden).build();
    BundleHeaderProto header =
        BundleHeaderProto.newBuilder()
            .setNumShards(1)
            .setUnknownFields(UnknownFieldSet.newBuilder().addField(UNUSED_FIELD, field).build())
            .build();
    ByteString first = entry(ByteString.EMPTY, header.toByteString());
    ByteString entries = first.concat(entry(KEY, number(DataType.DT_FLOAT, 0, 4, data)));
    ByteString.Output file = ByteString.newOutput();
    ByteString handle = block(file, entries.concat(little(0, first.size() - hidden.size(), 2)));
    ByteString meta = block(file, little(0, 1));
    ByteString handles = meta.concat(block(file, entry(KEY, handle).concat(little(0, 1))));
    handles.writeTo(file);
    file.write(new byte[40 - handles.size()]);
    little(0x8b80fb57, 0xdb477524).writeTo(file);
    return file.toByteString().toByteArray();
  }

  private Path model() throws IOException {
    HandMade model = new HandMade();
    model
        .node("v", "VarHandleOp")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(1)))
        .putAttr("shared_name", Attrs.of("v"));
    model.node("read", "ReadVariableOp", "v").putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
    model.answer("read").addInput("^x");
    model.text("place", "");
    model.constant("keys", TensorValue.strings(Shape.of(1), List.of(KEY)).toProto());
    model.constant("slices", TensorValue.strings(Shape.of(1), List.of(ByteString.EMPTY)).toProto());
    model
        .node("saved", "RestoreV2", "place", "keys", "slices")
        .putAttr("dtypes", Attrs.types(List.of(DataType.DT_FLOAT)));
    model
        .node("set", "AssignVariableOp", "v", "saved")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
    model.node("restore", "NoOp", "^set");
    model.restore("restore", "place:0");
    Path path = model.in(folder.resolve("model"));
    ByteString data = little(Float.floatToIntBits(7), Float.floatToIntBits(8));
    Path weights = Files.createDirectories(path.resolve("variables"));
    Files.write(weights.resolve("variables.data-00000-of-00001"), data.toByteArray());
    Files.write(weights.resolve("variables.index"), index(data));
    return path;
  }

  @Test
  void tensorFlowIsGivenTheOneThatWasRead() throws IOException {
    Path path = model();
    TensorBundle read = TensorBundle.open(path.resolve("variables/variables"));
    assertThat(read.read("v").floats()).containsExactly(7);
    LoadableBundle copy = LoadableBundle.of(path, ImportOptions.defaults(), folder.resolve("s"));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(copy.path(), copy.tags())) {
      TensorValue x = TensorValue.scalar(1f);
      assertThat(session.call("serving_default", Map.of("x", x)).get("y").floats())
          .containsExactly(7);
    }
  }
}
