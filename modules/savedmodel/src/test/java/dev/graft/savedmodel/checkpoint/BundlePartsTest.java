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
    ByteString key = TensorSlice.of(whole.getSlices(0), Shape.of(4)).key("w");
    new BundleParts(Map.of(key, part.build().toByteString())).requireSound("w", whole);
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

  @Test
  void anObjectOfTensorFlowsOwn() {
    BundleEntryProto entry = BundleEntryProto.newBuilder().setDtype(DataType.DT_VARIANT).build();
    assertThatThrownBy(() -> new BundleParts(Map.of()).requireSound("v", entry))
        .hasMessageContaining("DT_VARIANT");
  }
}
