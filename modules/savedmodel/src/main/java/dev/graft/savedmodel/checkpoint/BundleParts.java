package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.proto.TensorSliceProto;

/**
 * The parts of tensors that were saved in slices: each has an entry of its own in the table, under
 * an encoded key.
 *
 * @param table all entries of a checkpoint's index
 */
record BundleParts(Map<ByteString, ByteString> table) {

  /**
   * A part of a tensor.
   *
   * @param slice which part
   * @param entry where it is
   */
  record Part(TensorSlice slice, BundleEntryProto entry) {}

  /**
   * The parts of the tensor {@code key}.
   *
   * @throws IllegalArgumentException saying what is wrong, if one is missing or damaged
   */
  List<Part> of(ByteString key, BundleEntryProto entry) {
    Shape shape = shape(entry.getShape());
    List<Part> parts = new ArrayList<>();
    for (TensorSliceProto proto : entry.getSlicesList()) {
      TensorSlice slice = TensorSlice.of(proto, shape);
      ByteString found = table.get(slice.key(key));
      if (found == null) {
        throw new IllegalArgumentException("a slice that it lists is not there");
      }
      try {
        parts.add(new Part(slice, BundleEntryProto.parseFrom(found)));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("a slice that it lists is damaged", e);
      }
    }
    return parts;
  }

  /**
   * Fails if one of the tensors is another thing than its entry says.
   *
   * @throws IllegalArgumentException saying which and what is wrong
   */
  void requireSound() {
    for (Map.Entry<ByteString, ByteString> each : table.entrySet()) {
      if (!each.getKey().isEmpty()) { // the header
        try {
          requireSound(each.getKey(), BundleEntryProto.parseFrom(each.getValue()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
          String key = each.getKey().toStringUtf8();
          throw new IllegalArgumentException(
              "the entry of '" + key + "' is wrong: " + e.getMessage(), e);
        }
      }
    }
  }

  /**
   * Fails if the tensor {@code key} is an object of TensorFlow's own, or if a part of it is another
   * thing than the whole: TensorFlow asks for the dtype of the whole, and takes each part as its
   * own entry describes it.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  void requireSound(ByteString key, BundleEntryProto entry) {
    DataType dtype = entry.getDtype();
    if (dtype == DataType.DT_VARIANT
        || dtype == DataType.DT_RESOURCE
        || dtype == DataType.UNRECOGNIZED) {
      throw new IllegalArgumentException("it is a " + dtype + ", which no model saves");
    }
    for (Part part : entry.getSlicesCount() == 0 ? List.<Part>of() : of(key, entry)) {
      Shape shape = part.slice().shape();
      boolean sound =
          part.entry().getDtype() == dtype
              && dtype != DataType.DT_STRING // TensorFlow copies none
              && part.entry().getSlicesCount() == 0
              && shape(part.entry().getShape()).equals(shape)
              && part.entry().getSize()
                  == Math.multiplyExact(shape.elements(), TensorValue.size(DType.of(dtype)));
      if (!sound) {
        throw new IllegalArgumentException("one of its parts is not what the whole says");
      }
    }
  }

  /** Writes the table anew, of messages as they were read. */
  void write(WritableByteChannel out) throws IOException {
    SortedTableWriter writer = new SortedTableWriter(out);
    for (Map.Entry<ByteString, ByteString> each : table.entrySet()) {
      ByteString value = each.getValue();
      writer.add(
          each.getKey(),
          each.getKey().isEmpty()
              ? BundleHeaderProto.parseFrom(value).toByteString()
              : BundleEntryProto.parseFrom(value).toByteString());
    }
    writer.finish();
  }

  /** A shape of which every size is known. */
  static Shape shape(TensorShapeProto proto) {
    Shape shape = Shape.from(proto);
    if (!shape.isFullyKnown()) {
      throw new IllegalArgumentException("its shape is " + shape);
    }
    return shape;
  }
}
