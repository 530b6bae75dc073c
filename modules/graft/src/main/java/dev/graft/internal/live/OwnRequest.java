package dev.graft.internal.live;

import com.google.common.collect.Sets;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.savedmodel.checkpoint.RecordReader;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.TensorProto;

/**
 * The request that a version brings along to be warmed up with: TensorFlow Serving's {@code
 * assets.extra/tf_serving_warmup_requests}, a TFRecord file of {@code
 * tensorflow.serving.PredictionLog}, read by the numbers of fields (prediction_log.proto,
 * predict.proto, classification.proto, input.proto, model.proto).
 */
public final class OwnRequest {

  private static final System.Logger LOG = System.getLogger(OwnRequest.class.getName());

  private static final String FILE = "assets.extra/tf_serving_warmup_requests";
  private static final long LARGEST = 1L << 26; // bytes of a file: it is read whole
  private static final int CLASSIFY_LOG = 2; // of PredictionLog
  private static final int PREDICT_LOG = 6;
  private static final int REQUEST = 1; // of each of these
  private static final int MODEL_SPEC = 1; // of each request
  private static final int INPUTS = 2; // of each: map<string, TensorProto>, or an Input
  private static final int SIGNATURE_NAME = 3; // of ModelSpec

  private OwnRequest() {}

  /**
   * The first one to {@code signature} of the version in {@code folder} that has {@code rows} rows.
   * A file that cannot be read is told of, and passed over: it is no part of the model.
   */
  public static Optional<Map<String, TensorValue>> in(Path folder, Signature signature, int rows) {
    Path file = folder.resolve(FILE);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > LARGEST) {
        return Optional.empty();
      }
      for (ByteString each : RecordReader.all(file)) {
        Optional<Map<String, TensorValue>> request = request(each, signature);
        if (request.isPresent() && fits(request.get(), signature, rows)) {
          return request;
        }
      }
    } catch (IOException | RuntimeException e) { // of whoever wrote it: anything may be wrong
      LOG.log(Level.WARNING, "the warm-up requests in {0} cannot be read: {1}", file, e);
    }
    return Optional.empty();
  }

  private static Optional<Map<String, TensorValue>> request(ByteString log, Signature signature)
      throws IOException {
    UnknownFieldSet fields = UnknownFieldSet.parseFrom(log);
    boolean isPredict = fields.hasField(PREDICT_LOG);
    if (!isPredict && !fields.hasField(CLASSIFY_LOG)) {
      return Optional.empty();
    }
    UnknownFieldSet sent = within(within(fields, isPredict ? PREDICT_LOG : CLASSIFY_LOG), REQUEST);
    String name = first(within(sent, MODEL_SPEC), SIGNATURE_NAME).toStringUtf8();
    if (!name.equals(signature.name())) {
      return Optional.empty();
    }
    if (!isPredict) { // an Input of an ExampleList of serialized examples
      List<ByteString> all = all(within(within(sent, INPUTS), 1), 1);
      return signature.inputs().keySet().stream()
          .findFirst()
          .map(input -> Map.of(input, TensorValue.strings(Shape.of(all.size()), all)));
    }
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    for (ByteString each : all(sent, INPUTS)) {
      UnknownFieldSet entry = UnknownFieldSet.parseFrom(each);
      TensorValue value = TensorValue.from(TensorProto.parseFrom(first(entry, 2)));
      inputs.put(first(entry, 1).toStringUtf8(), value);
    }
    return Optional.of(inputs);
  }

  private static boolean fits(Map<String, TensorValue> inputs, Signature signature, int rows) {
    Set<String> wanted =
        Sets.difference(signature.inputs().keySet(), signature.defaults().keySet());
    return inputs.keySet().containsAll(wanted)
        && inputs.entrySet().stream()
            .allMatch(
                each -> {
                  TensorSpec spec = signature.inputs().get(each.getKey());
                  TensorValue value = each.getValue();
                  return spec != null
                      && spec.dtype() == value.dtype()
                      && (value.shape().rank() == 0 || value.shape().dim(0) == rows);
                });
  }

  private static UnknownFieldSet within(UnknownFieldSet message, int number) throws IOException {
    return UnknownFieldSet.parseFrom(first(message, number));
  }

  /** A message, or a text, that is missing is an empty one. */
  private static ByteString first(UnknownFieldSet message, int number) {
    return all(message, number).stream().findFirst().orElse(ByteString.EMPTY);
  }

  private static List<ByteString> all(UnknownFieldSet message, int number) {
    return message.getField(number).getLengthDelimitedList();
  }
}
