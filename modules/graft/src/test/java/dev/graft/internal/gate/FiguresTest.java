package dev.graft.internal.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.trainer.boxes.BoxScoring;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FiguresTest {

  /** What is asked for and not measured would fail once all is learned. */
  @Test
  void ofBoxesThereIsWhatIsNamed() {
    Labels labels = Labels.of("cat", "dog");
    TensorRef none = TensorRef.of("x");
    Head head =
        new Head("boxes", Head.Kind.BOXES, Optional.of(labels), none, none, none, labels.size());
    Set<String> named = new HashSet<>(Figures.names(List.of(head)));
    named.removeAll(Set.of(Figures.LATENCY, Figures.SIZE));
    assertThat(named)
        .isEqualTo(Figures.of(new BoxScoring(labels).evaluation()).values().keySet())
        .contains("ap50", "ap-small.dog");
  }
}
