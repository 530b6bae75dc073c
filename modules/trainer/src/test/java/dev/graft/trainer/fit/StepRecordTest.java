package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps can be read from a recording of Java Flight Recorder. */
class StepRecordTest {

  @Test
  void stepsAreRecorded(@TempDir Path dir) throws IOException {
    List<Step> told = new ArrayList<>();
    Path file = dir.resolve("run.jfr");
    try (Recording recording = new Recording();
        TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      recording.enable("dev.graft.Step").withoutThreshold();
      recording.start();
      var unused =
          Trainer.fit(
              runtime,
              SmallTraining.MODEL,
              SmallTraining.BLOCKS,
              SmallTraining.parts(),
              TrainOptions.by(SmallTraining.recipe(2))
                  .listener(TrainingListener.to(Step.class, told::add)));
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> steps =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("dev.graft.Step"))
            .toList();
    assertThat(steps).hasSameSizeAs(told).isNotEmpty();
    for (int i = 0; i < steps.size(); i++) {
      assertThat(steps.get(i).getDouble("loss")).isEqualTo(told.get(i).loss());
      assertThat(steps.get(i).getInt("examples")).isPositive();
    }
  }
}
