package dev.graft.trainer.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.NoMemory;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.SmallTraining;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

class InputBindingTest {

  /** What decodes pictures gets their bytes, what reads words does not. */
  @Test
  void bytesGoToWhatDecodesThem() {
    Dataset pictures = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Model decoding = SavedModelImporter.load(Zoo.model("tfsave/image_bytes").savedModel());
    InputBinding entry = InputBinding.of(decoding, pictures);
    assertThat(entry.tensors()).containsExactly(decoding.inputs().get(0).tensor());
    Model words = SavedModelImporter.load(Zoo.model("keras2/text_vectorization").savedModel());
    assertThatThrownBy(() -> InputBinding.of(words, pictures))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("has no input for pictures");
  }

  @Tag("slow")
  @Test
  void whatMemoryHasNoRoomForIsSaidWithARemedy() {
    Dataset data = SmallTraining.examples();
    GraphEditor editor = InputBinding.of(SmallTraining.MODEL, data).graph().edit();
    TensorRef size = editor.placeholder("size", DataType.DT_INT64, Shape.of(1));
    TensorRef zero = editor.constant("zero", TensorValue.scalar(0f));
    TensorRef huge = editor.op("Fill").input(size).input(zero).output();
    InputBinding entry = InputBinding.of(SmallTraining.MODEL, data).into(editor.build());
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.add(size);
    int[] some = {0};
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(entry.graph());
        PreparedRun run = session.prepare(feeds, List.of(huge), List.of())) {
      List<TensorValue> values = new ArrayList<>(entry.values(data.batch(some)));
      values.add(TensorValue.of(Shape.of(1), new long[] {1L << 48})); // not folded: it is fed
      assertThatThrownBy(() -> entry.run(runtime, run, values, data, some))
          .isInstanceOf(ExhaustedException.class)
          .asString()
          .contains("not enough memory for a single example: ", "FineTune.microBatch");
    }
  }

  /** As where a batch of features or of scores is too large. */
  @Tag("slow")
  @Test
  void howManyThereIsRoomForIsSaid() {
    Dataset data = SmallTraining.examples();
    InputBinding plain = InputBinding.of(SmallTraining.MODEL, data);
    GraphEditor editor = plain.graph().edit();
    Scope g = new Scope(editor, "test");
    TensorRef count = g.at(g.add("Shape", plain.tensors().get(0)), 0);
    TensorRef largest = NoMemory.where(g, g.add("Greater", count, g.scalar(8)));
    InputBinding entry = plain.into(editor.build());
    int[] some = IntStream.range(0, 9).toArray();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(entry.graph());
        PreparedRun run = session.prepare(entry.tensors(), List.of(largest), List.of())) {
      List<TensorValue> values = entry.values(data.batch(some));
      assertThatThrownBy(() -> entry.run(runtime, run, values, data, some))
          .isInstanceOf(ExhaustedException.class)
          .hasMessageStartingWith("there is not enough memory for 9 examples at once, but for 8: ");
    }
  }
}
