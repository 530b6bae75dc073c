package dev.graft.savedmodel.objects;

import dev.graft.error.Internal;
import dev.graft.model.TensorSpec;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.SavedObjectGraphOuterClass.FunctionSpec;
import org.tensorflow.proto.Struct.DictValue;
import org.tensorflow.proto.Struct.ListValue;
import org.tensorflow.proto.Struct.NamedTupleValue;
import org.tensorflow.proto.Struct.NoneValue;
import org.tensorflow.proto.Struct.PairValue;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.Struct.TensorSpecProto;
import org.tensorflow.proto.Struct.TupleValue;

/** The nested values by which a SavedModel describes Python signatures (struct.proto). */
@Internal
public final class StructureWriter {

  private static final StructuredValue NONE =
      StructuredValue.newBuilder().setNoneValue(NoneValue.getDefaultInstance()).build();

  private StructureWriter() {}

  /** {@code {name: TensorSpec}}. */
  public static StructuredValue dict(Map<String, TensorSpec> specs) {
    DictValue.Builder dict = DictValue.newBuilder();
    specs.forEach((name, spec) -> dict.putFields(name, spec(name, spec)));
    return StructuredValue.newBuilder().setDictValue(dict).build();
  }

  /** The arguments of a function that takes keywords alone: {@code ((), {name: TensorSpec})}. */
  public static StructuredValue keywords(Map<String, TensorSpec> specs) {
    StructuredValue positional =
        StructuredValue.newBuilder().setTupleValue(TupleValue.getDefaultInstance()).build();
    return StructuredValue.newBuilder()
        .setTupleValue(TupleValue.newBuilder().addValues(positional).addValues(dict(specs)))
        .build();
  }

  public static StructuredValue spec(String name, TensorSpec spec) {
    return StructuredValue.newBuilder()
        .setTensorSpecValue(
            TensorSpecProto.newBuilder()
                .setName(name)
                .setShape(spec.shape().toProto())
                .setDtype(spec.dtype().proto()))
        .build();
  }

  /** The Python signature of a function that takes these keywords alone. */
  public static FunctionSpec spec(Iterable<String> keywords) {
    ListValue.Builder names = ListValue.newBuilder();
    keywords.forEach(name -> names.addValues(StructuredValue.newBuilder().setStringValue(name)));
    StructuredValue none =
        StructuredValue.newBuilder().setListValue(ListValue.newBuilder()).build();
    StructuredValue empty =
        StructuredValue.newBuilder().setDictValue(DictValue.getDefaultInstance()).build();
    List<PairValue> fields =
        List.of(
            pair("args", none),
            pair("varargs", NONE),
            pair("varkw", NONE),
            pair("defaults", NONE),
            pair("kwonlyargs", StructuredValue.newBuilder().setListValue(names).build()),
            pair("kwonlydefaults", NONE),
            pair("annotations", empty));
    return FunctionSpec.newBuilder()
        .setFullargspec(
            StructuredValue.newBuilder()
                .setNamedTupleValue(
                    NamedTupleValue.newBuilder().setName("FullArgSpec").addAllValues(fields)))
        .setInputSignature(NONE)
        .build();
  }

  private static PairValue pair(String key, StructuredValue value) {
    return PairValue.newBuilder().setKey(key).setValue(value).build();
  }
}
