package dev.graft.exporter;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Longs;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.tensorflow.proto.BytesList;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;

/**
 * Reads serialized {@code tf.Example}s: encoded pictures under {@link BytesSignature#INPUT}, each
 * other input under its name.
 *
 * @param features what stands in an example
 * @param constants inputs that are no example's, by their names, with their usual values
 */
record ExampleFront(List<Read> features, Map<String, TensorValue> constants)
    implements MadeSignature.Front {

  /**
   * A feature.
   *
   * @param name what it is called in an example
   * @param to the input that it goes to
   * @param dtype that of the input
   * @param shape that of one example
   * @param picture what is known of the input, if the feature is an encoded picture
   */
  record Read(String name, String to, DType dtype, Shape shape, Optional<InputSpec> picture) {

    /** Which of the three kinds an example holds. */
    DataType kind() {
      return picture.isPresent() || dtype == DType.STRING
          ? DataType.DT_STRING
          : dtype.isFloating() ? DataType.DT_FLOAT : DataType.DT_INT64;
    }
  }

  /**
   * Reads the inputs of the serving signature.
   *
   * @throws BadRequestException if one of them cannot stand in an example; the message says which
   */
  static ExampleFront of(Model model) {
    Signature serving = model.servingSignature();
    Optional<InputSpec> picture = BytesSignature.picture(model);
    List<Read> features = new ArrayList<>();
    Map<String, TensorValue> constants = new LinkedHashMap<>();
    serving
        .inputs()
        .forEach(
            (name, spec) -> {
              TensorValue usual = serving.defaults().get(name);
              if (usual != null && spec.shape().rank() == 0) {
                constants.put(name, usual);
              } else if (picture.isPresent() && picture.get().name().equals(name)) {
                features.add(
                    new Read(BytesSignature.INPUT, name, spec.dtype(), Shape.scalar(), picture));
              } else {
                Shape one = ofOne(name, spec);
                features.add(new Read(name, name, spec.dtype(), one, Optional.empty()));
              }
            });
    return new ExampleFront(features, constants);
  }

  /** The shape of one example: what differs from one to the other would have to be padded. */
  private static Shape ofOne(String name, TensorSpec spec) {
    boolean isKnown = spec.shape().rank() > 0;
    for (int i = 1; isKnown && i < spec.shape().rank(); i++) {
      isKnown = spec.shape().dim(i) >= 0;
    }
    boolean isHeld =
        switch (spec.dtype()) {
          case STRING, BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> true;
          default -> spec.dtype().isFloating();
        };
    if (!isKnown || !isHeld) {
      throw new BadRequestException(
          "input '"
              + name
              + "' takes "
              + spec.dtype()
              + " "
              + spec.shape()
              + (isHeld ? ", of no fixed size" : ", which no example holds"));
    }
    long[] dims = spec.shape().dims();
    return Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
  }

  /** Whether inputs have a row for each example, as far as they stand in one. */
  boolean areRows(Map<String, TensorValue> inputs) {
    Map<String, TensorValue> read = new LinkedHashMap<>(inputs);
    read.keySet().retainAll(features.stream().map(Read::to).toList());
    return read.isEmpty() || BatchRows.count(read) >= 0;
  }

  @Override
  public String input() {
    return "inputs";
  }

  @Override
  public String scope() {
    return "classify";
  }

  @Override
  public Map<String, TensorRef> read(GraphEditor editor, TensorRef sent) {
    Scope g = new Scope(editor, scope() + "/parse");
    TensorRef none = g.constant(TensorValue.texts(Shape.of(0), List.of()));
    List<String> names = features.stream().map(Read::name).toList();
    TensorRef keys = g.constant(TensorValue.texts(Shape.of(names.size()), names));
    List<TensorRef> required = // an empty default: a feature that is missing is an error
        features.stream().map(feature -> g.constant(nothing(feature.kind()))).toList();
    List<TensorRef> parsed =
        g.op("ParseExampleV2")
            .input(sent)
            .input(none)
            .input(none)
            .input(keys)
            .input(none)
            .inputs(required)
            .attr("num_sparse", 0)
            .attr("sparse_types", Attrs.types(List.of()))
            .attr("ragged_value_types", Attrs.types(List.of()))
            .attr("ragged_split_types", Attrs.types(List.of()))
            .attr("dense_shapes", Attrs.shapes(features.stream().map(Read::shape).toList()))
            .outputs();
    Map<String, TensorRef> inputs = new LinkedHashMap<>();
    for (Read feature : features) {
      inputs.put(feature.to(), read(g, feature, parsed.get(inputs.size())));
    }
    constants.forEach((name, value) -> inputs.put(name, g.constant(value)));
    return inputs;
  }

  private TensorRef read(Scope g, Read feature, TensorRef parsed) {
    if (feature.picture().isPresent()) {
      return BytesSignature.read(g.editor(), scope() + "/decode", parsed, feature.picture().get());
    }
    return feature.dtype().proto() == feature.kind()
        ? parsed
        : g.cast(parsed, feature.dtype().proto());
  }

  private static TensorValue nothing(DataType kind) {
    Shape none = Shape.of(0);
    return switch (kind) {
      case DT_STRING -> TensorValue.texts(none, List.of());
      case DT_FLOAT -> TensorValue.of(none, new float[0]);
      default -> TensorValue.of(none, new long[0]);
    };
  }

  @Override
  public Optional<TensorValue> sent(Map<String, TensorValue> rows) {
    List<Features.Builder> examples = new ArrayList<>();
    for (Read feature : features) {
      TensorValue value =
          rows.get(feature.picture().isPresent() ? BytesSignature.FILES : feature.to());
      if (value == null || !areRows(rows)) {
        return Optional.empty();
      }
      IntFunction<Feature> rowOf = rows(feature, value);
      for (int row = 0; row < value.shape().dim(0); row++) {
        if (row == examples.size()) {
          examples.add(Features.newBuilder());
        }
        examples.get(row).putFeature(feature.name(), rowOf.apply(row));
      }
    }
    List<ByteString> serialized =
        examples.stream()
            .map(each -> Example.newBuilder().setFeatures(each).build().toByteString())
            .toList();
    return Optional.of(TensorValue.strings(Shape.of(serialized.size()), serialized));
  }

  /** The rows of {@code value}, each as a feature. */
  private static IntFunction<Feature> rows(Read read, TensorValue value) {
    int width = (int) read.shape().elements();
    if (read.kind() == DataType.DT_STRING) {
      List<ByteString> all = value.strings();
      return row ->
          Feature.newBuilder()
              .setBytesList(
                  BytesList.newBuilder().addAllValue(all.subList(row * width, (row + 1) * width)))
              .build();
    }
    if (value.dtype() == DType.INT64) {
      List<Long> all = Longs.asList(value.longs());
      return row -> whole(all.subList(row * width, (row + 1) * width));
    }
    List<Double> all = Doubles.asList(value.asDoubles());
    return row -> {
      List<Double> some = all.subList(row * width, (row + 1) * width);
      return read.kind() == DataType.DT_INT64
          ? whole(some.stream().map(Double::longValue).toList())
          : Feature.newBuilder()
              .setFloatList(
                  FloatList.newBuilder()
                      .addAllValue(some.stream().map(Double::floatValue).toList()))
              .build();
    };
  }

  private static Feature whole(List<Long> values) {
    return Feature.newBuilder().setInt64List(Int64List.newBuilder().addAllValue(values)).build();
  }
}
