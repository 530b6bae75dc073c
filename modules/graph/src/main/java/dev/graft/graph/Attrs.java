package dev.graft.graph;

import com.google.protobuf.ByteString;
import dev.graft.tensor.Shape;
import java.util.Collection;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.TensorProto;

/** Builds the attribute values of nodes. */
public final class Attrs {

  private Attrs() {}

  /** An integer. */
  public static AttrValue of(long value) {
    return AttrValue.newBuilder().setI(value).build();
  }

  /** A floating-point number. */
  public static AttrValue of(float value) {
    return AttrValue.newBuilder().setF(value).build();
  }

  /** A truth value. */
  public static AttrValue of(boolean value) {
    return AttrValue.newBuilder().setB(value).build();
  }

  /** A string. */
  public static AttrValue of(String value) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
  }

  /** A dtype. */
  public static AttrValue of(DataType value) {
    return AttrValue.newBuilder().setType(value).build();
  }

  /** A shape. */
  public static AttrValue of(Shape value) {
    return AttrValue.newBuilder().setShape(value.toProto()).build();
  }

  /** A tensor. */
  public static AttrValue of(TensorProto value) {
    return AttrValue.newBuilder().setTensor(value).build();
  }

  /** A function by name. */
  public static AttrValue function(String name) {
    return AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(name)).build();
  }

  /** A list of integers. */
  public static AttrValue ints(long... values) {
    AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
    for (long value : values) {
      list.addI(value);
    }
    return AttrValue.newBuilder().setList(list).build();
  }

  /** A list of dtypes. */
  public static AttrValue types(Collection<DataType> values) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addAllType(values))
        .build();
  }

  /** A list of shapes. */
  public static AttrValue shapes(Collection<Shape> values) {
    AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
    values.forEach(shape -> list.addShape(shape.toProto()));
    return AttrValue.newBuilder().setList(list).build();
  }
}
