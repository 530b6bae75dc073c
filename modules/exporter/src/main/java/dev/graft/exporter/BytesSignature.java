package dev.graft.exporter;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.exporter.internal.sample.MadeUpInputs;
import dev.graft.exporter.internal.sample.MadeUpPictures;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.picture.PictureInput;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The signature {@code serving_bytes}: encoded pictures in, the outputs of {@code serving_default}
 * out; and {@code features_bytes} likewise.
 */
final class BytesSignature {

  /** Some servers take bytes only by a name that ends like this. */
  static final String INPUT = "image_bytes";

  /** What encoded pictures are called among the rows of examples: no input can have this name. */
  static final String FILES = "\0files";

  private BytesSignature() {}

  /** The signature for a model that reads pictures and nothing else. */
  static Optional<MadeSignature> of(Model model) {
    return around(model, Signature.SERVING_DEFAULT, Signature.SERVING_BYTES);
  }

  /**
   * One that gives what {@code base} gives.
   *
   * @param base a signature that takes what the serving one takes
   */
  static Optional<MadeSignature> around(Model model, String base, String name) {
    return picture(model)
        .filter(picture -> model.servingSignature().inputs().size() == 1)
        .map(
            picture ->
                new MadeSignature(name, base, Signature.PREDICT, new Files(picture), new Same()));
  }

  /**
   * The input for pictures, if the model has one such input and all is known that decoding takes.
   */
  static Optional<InputSpec> picture(Model model) {
    Optional<InputSpec> encoded = PictureInput.encoded(model);
    if (encoded.isPresent()) {
      return encoded;
    }
    List<InputSpec> pictures =
        model.inputs().stream()
            .map(input -> PictureInput.sized(model.graph(), input))
            .filter(input -> model.servingSignature().inputs().containsKey(input.name()))
            .filter(BytesSignature::canBeDecoded)
            .toList();
    return pictures.size() == 1 ? Optional.of(pictures.get(0)) : Optional.empty();
  }

  private static boolean canBeDecoded(InputSpec input) {
    return input.isImage()
        && input.range().isPresent()
        && input.shape().dim(1) > 0
        && input.shape().dim(2) > 0;
  }

  /** What the model reads of {@code bytes}: their pixels, or, if it decodes them itself, these. */
  static TensorRef read(GraphEditor editor, String name, TensorRef bytes, InputSpec picture) {
    return picture.dtype() == DType.STRING
        ? editor.op("Identity").name(name).input(bytes).output()
        : DecodeGraph.add(editor, name, bytes, picture);
  }

  /**
   * Rows for the signatures that are made: pictures, if the model takes any, and what is made up.
   */
  static Optional<Map<String, TensorValue>> rows(MadeUpInputs inputs, List<ByteString> pictures) {
    Signature serving = inputs.model().servingSignature();
    Map<String, TensorSpec> others = new LinkedHashMap<>(serving.inputs());
    boolean takesPictures =
        picture(inputs.model()).map(input -> others.remove(input.name()) != null).orElse(false);
    return inputs
        .of(serving.with(others, serving.outputs()), pictures.size())
        .map(rows -> takesPictures ? with(rows, pictures) : rows);
  }

  /**
   * Rows with all made-up pictures at once, then with one after the other: not every model takes
   * every format.
   */
  static List<Map<String, TensorValue>> madeUp(Model model) {
    List<List<ByteString>> all = new ArrayList<>(List.of(MadeUpPictures.all()));
    MadeUpPictures.all().forEach(one -> all.add(List.of(one)));
    MadeUpInputs inputs = MadeUpInputs.drawn(model);
    return all.stream().flatMap(some -> rows(inputs, some).stream()).toList();
  }

  private static Map<String, TensorValue> with(
      Map<String, TensorValue> rows, List<ByteString> pictures) {
    Map<String, TensorValue> all = new LinkedHashMap<>(rows);
    all.put(FILES, TensorValue.strings(Shape.of(pictures.size()), pictures));
    return all;
  }

  /**
   * Reads the bytes of files.
   *
   * @param picture where they go
   */
  private record Files(InputSpec picture) implements MadeSignature.Front {
    @Override
    public String input() {
      return INPUT;
    }

    @Override
    public String scope() {
      return Signature.SERVING_BYTES;
    }

    @Override
    public Map<String, TensorRef> read(GraphEditor editor, TensorRef sent) {
      return Map.of(
          picture.name(), BytesSignature.read(editor, scope() + "/decode", sent, picture));
    }

    @Override
    public Optional<TensorValue> sent(Map<String, TensorValue> rows) {
      return Optional.ofNullable(rows.get(FILES));
    }
  }

  /** Answers as the model does. */
  private record Same() implements MadeSignature.Back {
    @Override
    public Map<String, TensorSpec> answer(
        Scope g, TensorRef sent, Map<String, TensorSpec> outputs) {
      return ImmutableMap.copyOf(outputs);
    }

    @Override
    public Map<String, TensorValue> answer(Map<String, TensorValue> outputs) {
      return outputs;
    }
  }
}
