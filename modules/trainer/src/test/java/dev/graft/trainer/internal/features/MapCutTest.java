package dev.graft.trainer.internal.features;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.annotation.Annotations;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A head that reads maps in the middle of a backbone leaves what comes between them frozen. */
class MapCutTest {

  /**
   * The head drops channels of the first map, which the next block reads as it is. That block was
   * taken for something that differs from step to step, and computed in each.
   */
  @Test
  void aDropoutOnAMapDoesNotWakeWhatElseReadsIt() {
    Model backbone = SavedModelImporter.load(Checkout.path("models/efficientnet-lite0"));
    Labels labels = Labels.of("Platelets", "RBC", "WBC");
    Model model =
        backbone.with(
            Edits.fitInputs(),
            Edits.freeze(Where.all()),
            Edits.replaceHead(HeadSpec.boxes(labels).boxes(BoxForm.standard().size(128, 160))));
    Dataset data = Annotations.read(Checkout.path("testdata/bccd")).dataset();
    Task task = Task.of(model, data, Objectives.usual());
    Frontier frontier = Frontier.of(task.inputs());
    List<Layer> inTraining =
        model.layers().stream()
            .filter(layer -> layer.training().isPresent())
            .filter(layer -> layer.name().startsWith("boxes"))
            .toList();
    assertThat(inTraining).isNotEmpty();
    assertThat(frontier.cutOfSteps(task.logits(), task.variables(), inTraining))
        .extracting(tensor -> tensor.node().replaceAll(".*/(block\\d+_[a-z_]+)/.*", "$1"))
        .containsExactlyInAnyOrder("block4_add", "block10_add", "block15_project_bn");
  }
}
