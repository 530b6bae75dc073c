package dev.graft.exporter;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import dev.graft.savedmodel.checkpoint.RecordWriter;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The requests that TensorFlow Serving sends itself after it has loaded a version, so that the
 * first client does not wait, made up by Graft: {@code assets.extra/tf_serving_warmup_requests}, a
 * TFRecord file of {@code tensorflow.serving.PredictionLog}. The few messages are encoded here by
 * their field numbers (tensorflow_serving/apis/prediction_log.proto, predict.proto and
 * model.proto), since no Java library of theirs is published.
 */
final class WarmUp {

  static final String FILE = "tf_serving_warmup_requests";

  private static final int PREDICT_LOG = 6; // of PredictionLog
  private static final int REQUEST = 1; // of PredictLog
  private static final int MODEL_SPEC = 1; // of PredictRequest
  private static final int INPUTS = 2; // of PredictRequest: map<string, TensorProto>
  private static final int MODEL_NAME = 1; // of ModelSpec
  private static final int SIGNATURE_NAME = 3; // of ModelSpec

  private final String model;
  private final Set<String> signatures = new HashSet<>();
  private final List<byte[]> records = new ArrayList<>();

  WarmUp(String model) {
    this.model = model;
  }

  /** Adds a request if there is none for this signature yet. */
  void offer(String signature, Map<String, TensorValue> inputs) {
    if (!signatures.add(signature)) {
      return;
    }
    ByteString spec =
        message(
            out -> {
              out.writeString(MODEL_NAME, model);
              out.writeString(SIGNATURE_NAME, signature);
            });
    ByteString request =
        message(
            out -> {
              out.writeBytes(MODEL_SPEC, spec);
              for (Map.Entry<String, TensorValue> input : inputs.entrySet()) {
                MessageLite tensor = input.getValue().toProto();
                out.writeBytes(
                    INPUTS,
                    message(
                        entry -> {
                          entry.writeString(1, input.getKey());
                          entry.writeTag(2, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                          entry.writeMessageNoTag(tensor);
                        }));
              }
            });
    ByteString predict = message(out -> out.writeBytes(REQUEST, request));
    records.add(message(out -> out.writeBytes(PREDICT_LOG, predict)).toByteArray());
  }

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static ByteString message(Fields fields) {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new AssertionError("memory does not fail like a file", e);
    }
    return bytes.toByteString();
  }

  int size() {
    return records.size();
  }

  void write(Path dir) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            dir.resolve(FILE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      RecordWriter writer = new RecordWriter(out);
      for (byte[] record : records) {
        writer.write(record);
      }
      out.force(true);
    }
  }
}
