package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.tensor.Shape;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorSliceProto;

/** Parts of tensors that are not what the whole says: TensorFlow would copy them all the same. */
class BundlePartsTest {

  private static BundleEntryProto.Builder whole(DataType dtype) {
    return BundleEntryProto.newBuilder()
        .setDtype(dtype)
        .setShape(Shape.of(4).toProto())
        .addSlices(slice(0, 4));
  }

  private static TensorSliceProto slice(long start, long length) {
    return TensorSliceProto.newBuilder()
        .addExtent(TensorSliceProto.Extent.newBuilder().setStart(start).setLength(length))
        .build();
  }

  private static void check(DataType dtype, Consumer<BundleEntryProto.Builder> change) {
    BundleEntryProto whole = whole(dtype).build();
    BundleEntryProto.Builder part =
        BundleEntryProto.newBuilder().setDtype(dtype).setShape(Shape.of(4).toProto()).setSize(16);
    change.accept(part);
    ByteString key =
        TensorSlice.of(whole.getSlices(0), Shape.of(4)).key(ByteString.copyFromUtf8("w"));
    new BundleParts(Map.of(key, part.build().toByteString()))
        .requireSound(ByteString.copyFromUtf8("w"), whole);
  }

  @Test
  void aPartAsItShouldBe() {
    assertThatCode(() -> check(DataType.DT_FLOAT, part -> {})).doesNotThrowAnyException();
  }

  @Test
  void aPartOfAnotherKind() {
    refused(DataType.DT_FLOAT, part -> part.setDtype(DataType.DT_VARIANT));
    refused(DataType.DT_FLOAT, part -> part.setShape(Shape.of(1).toProto()));
    refused(DataType.DT_FLOAT, part -> part.setSize(4));
    refused(DataType.DT_FLOAT, part -> part.addSlices(slice(0, 4)));
    refused(DataType.DT_STRING, part -> part.setDtype(DataType.DT_INT8));
    refused(DataType.DT_STRING, part -> {});
  }

  private static void refused(DataType dtype, Consumer<BundleEntryProto.Builder> change) {
    assertThatThrownBy(() -> check(dtype, change))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not what the whole says");
  }

  /** TensorFlow takes its start for part of its key. */
  @Test
  void aPartWithoutAnEndThatBeginsLater() {
    TensorSliceProto.Builder slice = TensorSliceProto.newBuilder();
    slice.addExtentBuilder().setStart(2);
    assertThatThrownBy(() -> TensorSlice.of(slice.build(), Shape.of(4)))
        .hasMessageContaining("does not begin at 0");
  }

  /** Of two keys that are no texts the same may be left when they are made texts. */
  @Test
  void partsGoByTheBytesOfTheirKey() {
    ByteString key = ByteString.copyFrom(new byte[] {'w', (byte) 0xff});
    BundleEntryProto whole = whole(DataType.DT_FLOAT).build();
    ByteString other = ByteString.copyFromUtf8(key.toStringUtf8());
    ByteString ofOther = TensorSlice.of(whole.getSlices(0), Shape.of(4)).key(other);
    ByteString part =
        BundleEntryProto.newBuilder()
            .setDtype(DataType.DT_FLOAT)
            .setShape(Shape.of(4).toProto())
            .setSize(16)
            .build()
            .toByteString();
    assertThatThrownBy(() -> new BundleParts(Map.of(ofOther, part)).requireSound(key, whole))
        .hasMessageContaining("not there");
  }

  @Test
  void anObjectOfTensorFlowsOwn() {
    BundleEntryProto entry = BundleEntryProto.newBuilder().setDtype(DataType.DT_VARIANT).build();
    assertThatThrownBy(
            () -> new BundleParts(Map.of()).requireSound(ByteString.copyFromUtf8("v"), entry))
        .hasMessageContaining("DT_VARIANT");
  }
}
