package dev.graft.internal.gate;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** How long a version takes for one answer. */
final class Latency {

  private static final int FIRST = 3; // which are slower than all later ones
  private static final int CALLS = 21;

  private Latency() {}

  /**
   * The median over some calls with one of {@code examples}, in milliseconds. A picture is given as
   * its file, as clients do.
   */
  static double of(SavedModelSession session, Optional<Dataset> examples) {
    Dataset some =
        examples.orElseThrow(
            () ->
                new BadRequestException(
                    "how long an answer takes is measured with an example; give some."));
    Batch one = some.batch(new int[] {0});
    Map<String, TensorValue> inputs;
    String signature;
    if (some.isPictures()) {
      Signature bytes = session.signatures().get(Signature.SERVING_BYTES);
      if (bytes == null
          || bytes.inputs().size() != 1
          || bytes.inputs().values().iterator().next().dtype() != DType.STRING) {
        throw new BadRequestException(
            "how long an answer takes is measured with a picture's file, and the model has no"
                + " signature '"
                + Signature.SERVING_BYTES
                + "' that takes one; ask for something else than its latency.");
      }
      signature = Signature.SERVING_BYTES;
      inputs = Map.of(bytes.inputs().keySet().iterator().next(), one.encoded());
    } else {
      signature = Signature.SERVING_DEFAULT;
      inputs = one.named();
    }
    double[] times = new double[CALLS];
    for (int i = -FIRST; i < CALLS; i++) {
      long begin = System.nanoTime();
      var unused = session.call(signature, inputs);
      if (i >= 0) {
        times[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(times);
    return times[CALLS / 2];
  }
}
