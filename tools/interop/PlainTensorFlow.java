import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.SessionFunction;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/**
 * Asks an exported version about pictures with TensorFlow Java alone, as an application without
 * Graft does: {@code java -cp JARS tools/interop/PlainTensorFlow.java EXPORT_DIR PREDICTIONS.json},
 * where PREDICTIONS.json is what {@code graft predict --json} said. Ends with 1 unless all scores
 * agree to 1e-5.
 */
final class PlainTensorFlow {

  private static final double TOLERANCE = 1e-5;

  public static void main(String[] arguments) throws Exception {
    Path export = Path.of(arguments[0]);
    List<String> labels = Files.readAllLines(export.resolve("assets.extra/labels.txt"));
    JsonNode predictions = new ObjectMapper().readTree(Path.of(arguments[1]).toFile());
    double largest = 0;
    try (SavedModelBundle bundle = SavedModelBundle.load(export.toString(), "serve")) {
      SessionFunction bytes = bundle.function("serving_bytes");
      String input = bytes.signature().inputNames().iterator().next();
      for (JsonNode prediction : predictions) {
        byte[] picture = Files.readAllBytes(Path.of(prediction.path("file").asText()));
        try (TString given = TString.tensorOfBytes(NdArrays.vectorOfObjects(picture));
            Result result = bytes.call(Map.<String, Tensor>of(input, given))) {
          TFloat32 scores = (TFloat32) result.get(0);
          if (result.size() != 1 || !scores.shape().equals(Shape.of(1, labels.size()))) {
            throw new IllegalStateException(result.size() + " outputs, the first of shape " + scores.shape());
          }
          for (int i = 0; i < labels.size(); i++) {
            double expected = prediction.path("scores").required(labels.get(i)).asDouble();
            largest = Math.max(largest, Math.abs(expected - scores.getFloat(0, i)));
          }
        }
      }
    }
    System.out.printf(
        "TensorFlow Java alone: serving_bytes, %d pictures, largest difference %.3g%n", predictions.size(), largest);
    if (predictions.isEmpty() || !(largest <= TOLERANCE)) {
      System.exit(1);
    }
  }
}
