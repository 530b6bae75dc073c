package dev.graft.exporter;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.Lists;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import dev.graft.error.FailedCheckException;
import dev.graft.model.Signature;
import dev.graft.savedmodel.checkpoint.RecordReader;
import dev.graft.savedmodel.checkpoint.RecordWriter;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.TensorProto;

/**
 * The file of requests that TensorFlow Serving sends itself after it has loaded a version, so that
 * the first client does not wait: {@code assets.extra/tf_serving_warmup_requests}, a TFRecord file
 * of {@code tensorflow.serving.PredictionLog}. The few messages are coded here by their field
 * numbers (tensorflow_serving/apis: prediction_log.proto, predict.proto, classification.proto,
 * input.proto and model.proto), since no Java library of theirs is published.
 */
final class WarmUp {

  static final String FILE = "tf_serving_warmup_requests";

  /** A version with more is not loaded. */
  static final int MOST = 1000;

  private static final int CLASSIFY_LOG = 2; // of PredictionLog
  private static final int REGRESS_LOG = 3;
  private static final int PREDICT_LOG = 6;
  private static final int REQUEST = 1; // of each of these
  private static final int MODEL_SPEC = 1; // of each request
  private static final int INPUTS = 2; // of each: map<string, TensorProto>, or an Input
  private static final int EXAMPLE_LIST = 1; // of Input
  private static final int EXAMPLES = 1; // of ExampleList
  private static final int MODEL_NAME = 1; // of ModelSpec
  private static final int SIGNATURE_NAME = 3; // of ModelSpec

  /** What is sent: a value for each input of a signature. */
  record Request(Signature signature, Map<String, TensorValue> inputs) {}

  private WarmUp() {}

  /**
   * Writes the file anew into {@code dir}.
   *
   * @param model the model's name
   * @param requests each is asked for once, and not kept
   * @return the {@link #content} of each
   */
  static List<HashCode> write(Path dir, String model, Iterable<Request> requests)
      throws IOException {
    List<HashCode> contents = new ArrayList<>();
    try (FileChannel out =
        FileChannel.open(
            dir.resolve(FILE),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      RecordWriter writer = new RecordWriter(out);
      for (Request request : requests) {
        writer.write(record(model, request).toByteArray());
        contents.add(content(request));
      }
      out.force(true);
    }
    return contents;
  }

  private static ByteString record(String model, Request request) {
    ByteString spec =
        message(
            out -> {
              out.writeString(MODEL_NAME, model);
              out.writeString(SIGNATURE_NAME, request.signature().name());
            });
    int kind =
        switch (request.signature().method()) {
          case ClassifySignature.METHOD -> CLASSIFY_LOG;
          case ClassifySignature.REGRESS -> REGRESS_LOG;
          default -> PREDICT_LOG;
        };
    ByteString sent =
        message(
            out -> {
              out.writeBytes(MODEL_SPEC, spec);
              if (kind == PREDICT_LOG) {
                for (Map.Entry<String, TensorValue> input : request.inputs().entrySet()) {
                  out.writeBytes(INPUTS, entry(input.getKey(), shortened(input.getValue())));
                }
              } else {
                out.writeBytes(INPUTS, examples(request.inputs().values().iterator().next()));
              }
            });
    ByteString log = message(out -> out.writeBytes(REQUEST, sent));
    return message(out -> out.writeBytes(kind, log));
  }

  private static ByteString entry(String name, MessageLite tensor) {
    return message(
        entry -> {
          entry.writeString(1, name);
          entry.writeTag(2, WireFormat.WIRETYPE_LENGTH_DELIMITED);
          entry.writeMessageNoTag(tensor);
        });
  }

  /**
   * Whether a request can hold {@code inputs}: where it is of examples they are a list of these.
   */
  static boolean canHold(Signature signature, Map<String, TensorValue> inputs) {
    boolean isOfExamples =
        signature.method().equals(ClassifySignature.METHOD)
            || signature.method().equals(ClassifySignature.REGRESS);
    return !isOfExamples
        || inputs.size() == 1
            && inputs.values().stream()
                .allMatch(each -> each.dtype() == DType.STRING && each.shape().rank() == 1);
  }

  /** Serialized examples are messages as they stand. */
  private static ByteString examples(TensorValue serialized) {
    ByteString list =
        message(
            out -> {
              for (ByteString example : serialized.strings()) {
                out.writeBytes(EXAMPLES, example);
              }
            });
    return message(out -> out.writeBytes(EXAMPLE_LIST, list));
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

  /** A value that is the same throughout stands once; 32 pictures would be 19 MB of pixels. */
  private static TensorProto shortened(TensorValue value) {
    TensorProto.Builder proto =
        TensorProto.newBuilder()
            .setDtype(value.dtype().proto())
            .setTensorShape(value.shape().toProto());
    if (!isUniform(value)) {
      return value.toProto();
    }
    switch (value.dtype()) {
      case STRING -> proto.addStringVal(value.strings().get(0));
      case FLOAT32 -> proto.addFloatVal(value.bytes().getFloat(0));
      case FLOAT64 -> proto.addDoubleVal(value.bytes().getDouble(0));
      case INT32 -> proto.addIntVal(value.bytes().getInt(0));
      case INT64 -> proto.addInt64Val(value.bytes().getLong(0));
      default -> {
        return value.toProto();
      }
    }
    return proto.build();
  }

  private static boolean isUniform(TensorValue value) {
    if (value.shape().elements() < 2) {
      return false;
    }
    if (value.dtype() == DType.STRING) {
      return Set.copyOf(value.strings()).size() == 1;
    }
    ByteBuffer bytes = value.bytes();
    int size = TensorValue.size(value.dtype());
    int rest = bytes.remaining() - size;
    return bytes.slice(0, rest).equals(bytes.slice(size, rest));
  }

  /**
   * Reads the file in {@code dir} as a server does; each request anew whenever it is asked for,
   * since in memory it is far larger.
   *
   * @param signatures those of the version, by their names
   */
  static List<Request> read(Path dir, Map<String, Signature> signatures) throws IOException {
    return Lists.transform(
        RecordReader.all(dir.resolve(FILE)), record -> request(record, signatures));
  }

  private static Request request(ByteString record, Map<String, Signature> signatures) {
    try {
      Map<Integer, List<ByteString>> log = parsed(record);
      int kind = log.keySet().iterator().next();
      Map<Integer, List<ByteString>> sent = parsed(only(parsed(only(log, kind)), REQUEST));
      String name = only(parsed(only(sent, MODEL_SPEC)), SIGNATURE_NAME).toStringUtf8();
      Signature signature =
          requireNonNull(signatures.get(name), "the version has no signature '" + name + "'");
      return new Request(
          signature,
          kind == PREDICT_LOG ? tensors(sent) : serialized(signature, only(sent, INPUTS)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, TensorValue> tensors(Map<Integer, List<ByteString>> sent)
      throws IOException {
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    for (ByteString each : sent.getOrDefault(INPUTS, List.of())) {
      Map<Integer, List<ByteString>> entry = parsed(each);
      inputs.put(only(entry, 1).toStringUtf8(), lengthened(TensorProto.parseFrom(only(entry, 2))));
    }
    return inputs;
  }

  private static Map<String, TensorValue> serialized(Signature signature, ByteString input)
      throws IOException {
    List<ByteString> all =
        parsed(only(parsed(input), EXAMPLE_LIST)).getOrDefault(EXAMPLES, List.of());
    return Map.of(
        signature.inputs().keySet().iterator().next(),
        TensorValue.strings(Shape.of(all.size()), all));
  }

  /** What tells one request from another, to the bit; a value that is the same throughout once. */
  static HashCode content(Request request) {
    Hasher all = Hashing.sha256().newHasher().putUnencodedChars(request.signature().name());
    request.inputs().keySet().stream()
        .sorted()
        .forEach(
            name -> {
              TensorValue value = requireNonNull(request.inputs().get(name), name);
              all.putUnencodedChars("\0" + name + "\0" + value.dtype() + value.shape());
              if (value.dtype() == DType.STRING) {
                value
                    .strings()
                    .forEach(each -> all.putInt(each.size()).putBytes(each.toByteArray()));
              } else {
                boolean isUniform = isUniform(value); // 32 pictures take a tenth of a second else
                ByteBuffer bytes = value.bytes();
                int told = isUniform ? TensorValue.size(value.dtype()) : bytes.remaining();
                all.putBoolean(isUniform).putBytes(bytes.slice(0, told));
              }
            });
    return all.hash();
  }

  /** Fails unless what was read is what was written. */
  static void requireSame(boolean isSame) {
    if (!isSame) {
      throw new FailedCheckException(
          "the warm-up requests read otherwise than they were written; please report this. Nothing"
              + " was published.");
    }
  }

  /** The inverse of {@link #shortened}, of any size: the file is Graft's own. */
  private static TensorValue lengthened(TensorProto proto) {
    Shape shape = Shape.from(proto.getTensorShape());
    int count = (int) shape.elements();
    boolean isWhole = !proto.getTensorContent().isEmpty() || proto.getStringValCount() == count;
    if (isWhole || count == 0) {
      return TensorValue.from(proto);
    }
    TensorValue one =
        TensorValue.from(proto.toBuilder().setTensorShape(Shape.of(1).toProto()).build());
    if (one.dtype() == DType.STRING) {
      return TensorValue.strings(shape, Collections.nCopies(count, one.strings().get(0)));
    }
    int width = TensorValue.size(one.dtype());
    byte[] all = new byte[Math.multiplyExact(count, width)];
    one.bytes().get(all, 0, width);
    for (int done = width; done < all.length; done += done) {
      System.arraycopy(all, 0, all, done, Math.min(done, all.length - done));
    }
    return TensorValue.of(one.dtype(), shape, ByteBuffer.wrap(all));
  }

  private static ByteString only(Map<Integer, List<ByteString>> fields, int number) {
    return requireNonNull(fields.get(number), "field " + number).get(0);
  }

  /** The fields of a message, all of which are messages or strings, by their numbers. */
  private static Map<Integer, List<ByteString>> parsed(ByteString message) throws IOException {
    Map<Integer, List<ByteString>> fields = new LinkedHashMap<>();
    CodedInputStream in = message.newCodedInput();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      fields
          .computeIfAbsent(WireFormat.getTagFieldNumber(tag), number -> new ArrayList<>())
          .add(in.readBytes());
    }
    return fields;
  }
}
