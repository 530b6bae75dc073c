package dev.graft.check;

import com.google.protobuf.ByteString;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.BytesList;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;
import org.tensorflow.proto.NodeDef;

/** Serialized {@code tf.Example}s with the features that a parsing op asks for. */
final class SampleExample {

  /** For models that parse none. */
  static final SampleExample NONE = new SampleExample(List.of(), i -> ByteString.EMPTY);

  private final List<Wanted> features;
  private final IntFunction<ByteString> text;

  /** A feature: its name, dtype and how many values it has. */
  private record Wanted(String key, DataType dtype, int count) {}

  private SampleExample(List<Wanted> features, IntFunction<ByteString> text) {
    this.features = features;
    this.text = text;
  }

  /**
   * What {@code parser} asks for.
   *
   * @param text the texts of string features
   */
  static SampleExample of(InputUses graph, NodeDef parser, IntFunction<ByteString> text) {
    List<TensorRef> inputs = Nodes.dataInputs(parser);
    List<String> sparse = new ArrayList<>();
    List<String> dense = new ArrayList<>();
    switch (parser.getOp()) {
      case "ParseExampleV2" -> {
        sparse.addAll(graph.texts(inputs.get(2)));
        dense.addAll(graph.texts(inputs.get(3)));
      }
      case "ParseExample" -> {
        int sparseCount = list(parser, "sparse_types").getTypeCount();
        int denseCount = list(parser, "Tdense").getTypeCount();
        inputs.subList(2, 2 + sparseCount).forEach(key -> sparse.addAll(graph.texts(key)));
        inputs
            .subList(2 + sparseCount, 2 + sparseCount + denseCount)
            .forEach(key -> dense.addAll(graph.texts(key)));
      }
      default -> {
        list(parser, "sparse_keys").getSList().forEach(key -> sparse.add(key.toStringUtf8()));
        list(parser, "dense_keys").getSList().forEach(key -> dense.add(key.toStringUtf8()));
      }
    }
    List<Wanted> features = new ArrayList<>();
    for (int i = 0; i < Math.min(sparse.size(), list(parser, "sparse_types").getTypeCount()); i++) {
      features.add(new Wanted(sparse.get(i), list(parser, "sparse_types").getType(i), 1));
    }
    for (int i = 0; i < Math.min(dense.size(), list(parser, "Tdense").getTypeCount()); i++) {
      Shape shape = Shape.from(list(parser, "dense_shapes").getShape(i));
      int count = shape.isFullyKnown() ? (int) Math.min(shape.elements(), 1 << 20) : 1;
      features.add(new Wanted(dense.get(i), list(parser, "Tdense").getType(i), count));
    }
    return new SampleExample(features, text);
  }

  private static AttrValue.ListValue list(NodeDef node, String attr) {
    return node.getAttrOrDefault(attr, AttrValue.getDefaultInstance()).getList();
  }

  /** The example at place {@code row}. */
  ByteString row(int row) {
    Example.Builder example = Example.newBuilder();
    for (Wanted wanted : features) {
      Feature.Builder feature = Feature.newBuilder();
      switch (wanted.dtype()) {
        case DT_INT64 -> {
          Int64List.Builder list = Int64List.newBuilder();
          for (int i = 0; i < wanted.count(); i++) {
            list.addValue((row + i) % 2);
          }
          feature.setInt64List(list);
        }
        case DT_STRING -> {
          BytesList.Builder list = BytesList.newBuilder();
          for (int i = 0; i < wanted.count(); i++) {
            list.addValue(text.apply(row + i));
          }
          feature.setBytesList(list);
        }
        default -> {
          FloatList.Builder list = FloatList.newBuilder();
          for (int i = 0; i < wanted.count(); i++) {
            list.addValue((row + i) % 10 / 10f);
          }
          feature.setFloatList(list);
        }
      }
      example.getFeaturesBuilder().putFeature(wanted.key(), feature.build());
    }
    return example.build().toByteString();
  }
}
