package dev.graft.trainer.internal.boxes;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.testkit.TensorAssert;
import dev.graft.trainer.optimizer.Gradients;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loss of boxes and its gradient, held against values that tools/boxes/loss.py makes. */
class BoxGoalTest {

  private static final Golden GOLDEN = Golden.read(Checkout.path("testdata/boxes/loss.pb"));

  @Test
  void lossAndGradientAreThoseOfThePapers() {
    GraphEditor editor = Graph.empty().edit();
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    TensorRef raw = feed(editor, feeds, "raw");
    TensorRef boxes = feed(editor, feeds, "boxes");
    TensorRef counts = feed(editor, feeds, "counts");
    Head head =
        new Head("boxes", Head.Kind.BOXES, Optional.of(Labels.of("a", "b")), raw, raw, raw, 6);
    TensorRef loss =
        new BoxGoal(head, 1.75, 11)
            .perExample(new Scope(editor, "loss"), List.of(raw), List.of(boxes, counts));
    GradientGraph gradients =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), List.of(raw));
    TensorRef gradient = Gradients.numbers(gradients.gradients().get(raw));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(gradients.graph())) {
      List<TensorValue> values = session.run(feeds, List.of(loss, gradient), List.of());
      TensorAssert.assertThat(values.get(0)).isCloseTo(GOLDEN.value("loss"), 1e-5, 1e-5);
      TensorAssert.assertThat(values.get(1)).isCloseTo(GOLDEN.value("gradient"), 1e-5, 1e-4);
    }
  }

  private static TensorRef feed(
      GraphEditor editor, Map<TensorRef, TensorValue> feeds, String name) {
    TensorValue value = GOLDEN.value(name);
    TensorRef placeholder = editor.placeholder(name, value.dtype().proto(), Shape.unknown());
    feeds.put(placeholder, value);
    return placeholder;
  }
}
