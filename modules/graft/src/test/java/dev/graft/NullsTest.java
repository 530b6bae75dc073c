package dev.graft;

import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.graft.data.Dataset;
import dev.graft.graph.Graph;
import dev.graft.job.Exam;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is null is named where it comes in. */
class NullsTest {

  private static final Path PATH = Path.of("somewhere");
  private static final Model MODEL =
      Model.builder("empty", Graph.empty(), new Provenance.Origin("", "", "", "", 0)).build();
  private static final TensorValue VECTORS = TensorValue.of(Shape.of(2, 3), new float[6]);
  private static final Dataset EXAMPLES = Dataset.of(Map.of("x", VECTORS), VECTORS);

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T none() {
    return (T) null;
  }

  private static void named(String argument, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(argument);
  }

  @Test
  void aGallery() {
    named("vectors", () -> Gallery.of(none(), EXAMPLES));
    named("examples", () -> Gallery.of(VECTORS, none()));
    named("asked", () -> Gallery.of(VECTORS, EXAMPLES).nearest(none(), 0, 1));
  }

  @Test
  void anInspection() {
    named("model", () -> Graft.inspect(NullsTest.<Model>none()));
    named("model", () -> Inspection.whyNoHead(none()));
    named("model", () -> Inspection.toRun(none()));
    named("selection", () -> Graft.inspect(MODEL).select(none()));
  }

  @Test
  void anExam() {
    named("model", () -> Exam.of(none(), PATH, Optional.empty()));
    named("data", () -> Exam.of(MODEL, none(), Optional.empty()));
    named("labels", () -> Exam.of(MODEL, PATH, none()));
    named("pictures", () -> new Exam(MODEL, none()));
  }

  @Test
  void theFolderOfARun() {
    Job job = Job.of(PATH, PATH, PATH).build();
    named("job", () -> RunFolder.create(none(), Settings.defaults()));
    named("settings", () -> RunFolder.create(job, none()));
    named("settings", () -> RunFolder.createForRate(job, none()));
    named("folder", () -> RunFolder.open(none()));
  }
}
