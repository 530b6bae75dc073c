package dev.graft.exporter;

import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/** The model that an export is made from: it tells what the export has to answer. */
final class Reference implements AutoCloseable {

  private final ModelSession session;
  private final TensorRef bytes;
  private final Map<String, TensorRef> read; // what is decoded of them, by the input's name

  private Reference(ModelSession session, TensorRef bytes, Map<String, TensorRef> read) {
    this.session = session;
    this.bytes = bytes;
    this.read = read;
  }

  /**
   * Opens a model.
   *
   * @param picture its input for pictures, if it takes any that can be decoded
   */
  static Reference open(TensorFlowRuntime runtime, Model model, Optional<InputSpec> picture) {
    GraphEditor editor = model.graph().edit();
    TensorRef bytes =
        editor.placeholder("graft/trial/bytes", DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    Map<String, TensorRef> read = new HashMap<>();
    picture.ifPresent(
        input ->
            read.put(
                input.name(), BytesSignature.read(editor, "graft/trial/decode", bytes, input)));
    return new Reference(runtime.open(model, editor.build()), bytes, read);
  }

  /** {@code rows} as the model reads them: of encoded pictures what is decoded. */
  Map<String, TensorValue> inputs(Map<String, TensorValue> rows) {
    Map<String, TensorValue> inputs = new LinkedHashMap<>(rows);
    TensorValue pictures = inputs.remove(BytesSignature.FILES);
    if (pictures != null) {
      read.forEach(
          (input, pixels) ->
              inputs.put(
                  input,
                  session.graph().run(Map.of(bytes, pictures), List.of(pixels), List.of()).get(0)));
    }
    return inputs;
  }

  /** What the model answers; if it takes only batches of one size, in several calls. */
  Map<String, TensorValue> answer(Signature signature, Map<String, TensorValue> inputs) {
    int rows = BatchRows.count(inputs);
    int fixed = signature.fixedBatch();
    if (fixed < 1 || rows < 1 || rows == fixed) {
      return session.call(signature, inputs);
    }
    List<Map<String, TensorValue>> parts = new ArrayList<>();
    for (int start = 0; start < rows; start += fixed) {
      parts.add(session.call(signature, BatchRows.take(inputs, start, fixed)));
    }
    Map<String, TensorValue> joined = new LinkedHashMap<>();
    for (String name : parts.get(0).keySet()) {
      joined.put(name, BatchRows.join(parts.stream().map(part -> part.get(name)).toList(), rows));
    }
    return joined;
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
  }
}
