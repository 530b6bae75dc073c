package dev.graft.trainer.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.InputOutputException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.metric.Evaluation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;

/** What training writes for a person to look at; .ci/interop lets TensorBoard read it, too. */
class LogsTest {

  @TempDir private Path folder;

  private static Epoch epoch(int stretch, int number, double loss) {
    Evaluation score =
        new Evaluation(
            10,
            loss / 2,
            ImmutableMap.of("accuracy", 0.75),
            ImmutableMap.of(),
            Optional.empty(),
            ImmutableSet.of());
    return new Epoch(stretch, "a stretch", number, 9, 10L * number, 0.5, loss, score, true);
  }

  @Test
  void aTableOfEpochs() throws IOException {
    Path file = folder.resolve("log.csv");
    CsvLog log = CsvLog.to(file);
    log.on(epoch(1, 1, 2));
    log.on(epoch(1, 2, 1));
    log.on(epoch(2, 1, 0.5));
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "stretch,epoch,step,rate,loss,val_loss,val_accuracy",
            "1,1,10,0.5,2.0,1.0,0.75",
            "1,2,20,0.5,1.0,0.5,0.75",
            "2,1,10,0.5,0.5,0.25,0.75");
    CsvLog.to(file).on(epoch(1, 2, 4)); // goes on from a checkpoint after the first epoch
    assertThat(Files.readAllLines(file)).hasSize(3).last().isEqualTo("1,2,20,0.5,4.0,2.0,0.75");
    Files.writeString(file, "1,1,10,0.5,2.0,1.0,0.75\n1,?\n\n"); // somebody has been at it
    CsvLog.to(file).on(epoch(1, 2, 4));
    assertThat(Files.readAllLines(file)).hasSize(3).last().isEqualTo("1,2,20,0.5,4.0,2.0,0.75");
    assertThatThrownBy(() -> CsvLog.to(folder.resolve("no/log.csv")).on(epoch(1, 1, 2)))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContainingAll("no/log.csv", "cannot be written", "make room");
  }

  /** The events of a file, by the format's own description, lengths and checksums left aside. */
  private static List<Event> events(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] event = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(event);
      bytes.getInt();
      events.add(Event.parseFrom(event));
    }
    return events;
  }

  private static String words(Event event) {
    Summary.Value value = event.getSummary().getValue(0);
    return event.getStep() + " " + value.getTag() + " " + value.getSimpleValue();
  }

  @Test
  void eventsOfStepsAndEpochs() throws IOException {
    for (int run = 0; run < 2; run++) { // the second goes on after step 1
      TensorBoardLog log = TensorBoardLog.in(folder);
      log.on(new Step(1, run + 1, 0.25, 3));
      log.on(epoch(1, 1, 2));
      log.on(new Step(2, 1, 0.5, 1));
      log.on(epoch(2, 1, 0.5));
    }
    List<Event> first = events(folder.resolve("stretch-1/events.out.tfevents.0000000001.graft"));
    assertThat(first.get(0).getFileVersion()).isEqualTo("brain.Event:2");
    assertThat(first.get(1).getSessionLog().getStatus()).isEqualTo(SessionLog.SessionStatus.START);
    assertThat(first.subList(2, first.size()))
        .extracting(LogsTest::words)
        .containsExactly(
            "1 loss 3.0",
            "1 rate 0.25",
            "10 epoch/loss 2.0",
            "10 validation/loss 1.0",
            "10 validation/accuracy 0.75");
    List<Event> second = events(folder.resolve("stretch-1/events.out.tfevents.0000000002.graft"));
    assertThat(second.get(1).getStep()).isEqualTo(2);
    assertThat(events(folder.resolve("stretch-2/events.out.tfevents.0000000001.graft"))).hasSize(7);
  }

  /** Where the loss is scaled, a step that was left out has none. */
  @Test
  void scaleAndSkippedStepsAreWritten() throws IOException {
    TensorBoardLog log = TensorBoardLog.in(folder);
    log.on(new Step(1, 1, 0.25, Double.NaN, Optional.of(new Step.Scaling(32_768, 1))));
    log.on(new Step(1, 2, 0.25, 3, Optional.of(new Step.Scaling(16_384, 1))));
    log.on(new TrainingEvent.Saved());
    List<Event> events = events(folder.resolve("stretch-1/events.out.tfevents.0000000001.graft"));
    assertThat(events.subList(2, events.size()))
        .extracting(LogsTest::words)
        .containsExactly(
            "1 rate 0.25",
            "1 scale 32768.0",
            "1 skipped 1.0",
            "2 loss 3.0",
            "2 rate 0.25",
            "2 scale 16384.0",
            "2 skipped 1.0");
    Path file = folder.resolve("log.csv");
    CsvLog table = CsvLog.to(file);
    table.on(new Step(1, 10, 0.25, 3, Optional.of(new Step.Scaling(16_384, 1))));
    table.on(epoch(1, 1, 2));
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "stretch,epoch,step,rate,loss,val_loss,val_accuracy,scale,skipped",
            "1,1,10,0.5,2.0,1.0,0.75,16384.0,1");
    CsvLog.to(file).on(epoch(1, 2, 1)); // a run that goes on where only a score was due
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "stretch,epoch,step,rate,loss,val_loss,val_accuracy,scale,skipped",
            "1,1,10,0.5,2.0,1.0,0.75,16384.0,1",
            "1,2,20,0.5,1.0,0.5,0.75");
  }

  /** As where all steps of an epoch were left out. */
  @Test
  void aLossThatIsNoNumberIsNoPointOfACurve() throws IOException {
    TensorBoardLog log = TensorBoardLog.in(folder);
    log.on(epoch(1, 1, Double.NaN));
    List<Event> events = events(folder.resolve("stretch-1/events.out.tfevents.0000000001.graft"));
    assertThat(events.subList(2, events.size()))
        .extracting(event -> event.getSummary().getValue(0).getTag())
        .containsExactly("validation/accuracy");
  }

  /** The checkpoint was made when the score of step 10 was due; its loss is in the older file. */
  @Test
  void anEpochThatIsScoredAfterAResumeIsWritten() throws IOException {
    TensorBoardLog before = TensorBoardLog.in(folder);
    before.on(new Step(1, 10, 0.25, 3));
    before.on(new TrainingEvent.Saved());
    TensorBoardLog log = TensorBoardLog.in(folder);
    log.on(epoch(1, 1, 2));
    log.on(new Step(1, 11, 0.25, 3));
    log.on(epoch(1, 2, 1));
    log.on(new Step(2, 1, 0.25, 3));
    log.on(new TrainingEvent.Saved());
    List<Event> events = events(folder.resolve("stretch-1/events.out.tfevents.0000000002.graft"));
    assertThat(events.get(0).getFileVersion()).isEqualTo("brain.Event:2");
    assertThat(events.get(1).getSessionLog().getStatus()).isEqualTo(SessionLog.SessionStatus.START);
    assertThat(events.get(1).getStep()).as("what is forgotten begins here").isEqualTo(11);
    assertThat(events.subList(2, events.size()))
        .extracting(event -> event.getStep() + " " + event.getSummary().getValue(0).getTag())
        .containsExactly(
            "10 epoch/loss",
            "10 validation/loss",
            "10 validation/accuracy",
            "11 loss",
            "11 rate",
            "20 epoch/loss",
            "20 validation/loss",
            "20 validation/accuracy");
  }

  /** Those before a checkpoint never run again; those before an error say how it came about. */
  @Test
  void eventsAreWrittenWithACheckpointAndWhereTrainingEnds() throws IOException {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (Class<? extends Throwable> end :
          List.of(CancellationException.class, AssertionError.class)) {
        Path logs = folder.resolve(end.getSimpleName());
        Path file = logs.resolve("stretch-1/events.out.tfevents.0000000001.graft");
        List<Boolean> written = new ArrayList<>(); // after each step, before its checkpoint
        CancellationToken token = new CancellationToken();
        TrainingListener ending =
            TrainingListener.to(
                Step.class,
                step -> {
                  written.add(Files.exists(file));
                  if (step.number() == 3 && end == AssertionError.class) {
                    throw new AssertionError("an exception would end nothing");
                  } else if (step.number() == 3) {
                    token.cancel();
                  }
                });
        Checkpoints checkpoints = Checkpoints.in(logs.resolve("checkpoints")).everySteps(2);
        assertThatThrownBy(
                () ->
                    Trainer.fit(
                        runtime,
                        SmallTraining.MODEL,
                        SmallTraining.BLOCKS,
                        SmallTraining.parts(),
                        SmallTraining.options(
                                SmallTraining.recipe(2).each(each -> each.batch(6)),
                                TensorBoardLog.in(logs),
                                ending)
                            .checkpoints(checkpoints)
                            .cancellation(token)))
            .isInstanceOf(end);
        assertThat(written).containsExactly(false, false, true);
        assertThat(events(file))
            .filteredOn(event -> event.getSummary().getValueCount() > 0)
            .filteredOn(event -> event.getSummary().getValue(0).getTag().equals("loss"))
            .extracting(Event::getStep)
            .containsExactly(1L, 2L, 3L);
      }
    }
  }
}
