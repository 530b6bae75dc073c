package dev.graft.trainer.internal.graph;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Split;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.ReadAhead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/**
 * What a step is fed with follows from the seed, however many threads read, decode and augment. In
 * processes of their own, since TensorFlow makes its threads once.
 */
@Tag("slow")
class SameBatchesTest {

  private static final int STEPS = 12; // of more than an epoch

  private static List<String> digests(int threads, int seed) throws Exception {
    Process child =
        ChildJava.running(
                List.of("-XX:TieredStopAtLevel=1"), SameBatchesTest.class, threads + "", seed + "")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    return said.lines().toList();
  }

  @Test
  void theSameSeedGivesTheSameBatchesWhateverTheThreads() throws Exception {
    List<String> one = digests(1, 5);
    assertThat(one).hasSize(STEPS).doesNotHaveDuplicates();
    assertThat(digests(4, 5)).isEqualTo(one);
    assertThat(digests(4, 6)).doesNotContainAnyElementsOf(one);
  }

  /** That process: prints a digest of each batch, as the layers see it that do not augment. */
  public static void main(String[] arguments) {
    int threads = Integer.parseInt(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    Model model =
        SavedModelImporter.load(Zoo.model("keras2/image_augmentation").savedModel())
            .with(describeInput(0, 1, InputSpec.Channels.RGB, InputSpec.Resize.STRETCH));
    Dataset photos =
        Dataset.imageFolder(Checkout.path("testdata/photos"))
            .split(Split.of(60, 20, 20).seed(seed))
            .train();
    InputBinding entry = InputBinding.of(model, photos);
    List<Layer> layers =
        model.layers().stream()
            .flatMap(Layer::walk)
            .filter(layer -> layer.className().startsWith("Random"))
            .filter(layer -> layer.training().isPresent())
            .toList();
    List<TensorRef> augmented = layers.stream().flatMap(each -> each.outputs().stream()).toList();
    TrainingForm form =
        TrainingForm.of(model, entry.graph(), entry.tensors(), layers, augmented, false);
    assertThat(form.random()).isNotEmpty();
    GraphEditor editor = form.graph().edit();
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), seed, step);
    List<TensorRef> fed = Stream.concat(entry.tensors().stream(), Stream.of(step)).toList();
    RuntimeOptions options = RuntimeOptions.defaults().threads(threads, threads);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options);
        ModelSession session = runtime.open(model, editor.build());
        ReadAhead batches = new ReadAhead(photos)) {
      PreparedRun run =
          session.graph().prepare(fed, augmented.stream().map(form::of).toList(), List.of());
      Order order = new Order(photos.size(), 9, seed);
      for (long i = 0; i < STEPS; i++) {
        Batch batch = batches.take(order.batch(i), order.batch(i + 1));
        List<TensorValue> values = new ArrayList<>(entry.values(batch));
        values.add(TensorValue.scalar(i));
        Hasher digest = Hashing.sha256().newHasher();
        run.run(values).forEach(pixels -> digest.putBytes(pixels.bytes()));
        System.out.println(digest.hash());
      }
    }
  }
}
