package dev.graft.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.TaskIdentity;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Penalty;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What CheckpointsTest and WhoseCheckpointTest share. */
abstract class CheckpointsFixture {
  static final Parts PARTS = SmallTraining.parts();

  static final Recipe RECIPE = SmallTraining.recipe(2);

  static TensorFlowRuntime runtime;

  static String uninterrupted;

  @TempDir Path folder;

  @BeforeAll
  static void trainOnceWithoutInterruption() {
    runtime = TensorFlowRuntime.open();
    uninterrupted = SmallTraining.digest(train(TrainOptions.by(RECIPE), PARTS).model());
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Run train(Recipe recipe, Parts parts, Checkpoints checkpoints) {
    return train(TrainOptions.by(recipe).checkpoints(checkpoints), parts);
  }

  static Run train(TrainOptions options, Parts parts) {
    return Trainer.fit(runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, parts, options);
  }

  Checkpoints everyStep() {
    return Checkpoints.in(folder).everySteps(1);
  }

  /** Ends training before its n-th step of fine-tuning, from 1. */
  static Run trainUntil(int step, Recipe recipe, Checkpoints checkpoints) {
    CancellationToken token = new CancellationToken();
    AtomicInteger steps = new AtomicInteger();
    TrainingListener ending =
        TrainingListener.to(
            Progress.class,
            progress -> {
              if (progress.phase() == Progress.Phase.FINE_TUNE
                  && steps.incrementAndGet() == step - 1) {
                token.cancel();
              }
            });
    TrainOptions options = TrainOptions.by(recipe).checkpoints(checkpoints);
    return train(options.cancellation(token).listener(ending), PARTS);
  }

  void trainUntil(int step) {
    assertThatThrownBy(() -> trainUntil(step, RECIPE, everyStep()))
        .isInstanceOf(CancellationException.class);
  }

  Path newest() {
    for (int i = 100; i > 0; i--) {
      Path checkpoint = folder.resolve(Integer.toString(i));
      if (Files.exists(checkpoint)) {
        return checkpoint;
      }
    }
    throw new AssertionError("no checkpoint in " + folder);
  }

  static void damage(Path checkpoint) throws IOException {
    Path data = checkpoint.resolve("training.data-00000-of-00001");
    try (FileChannel out = FileChannel.open(data, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(new byte[] {77, 78, 79}), out.size() / 2);
    }
  }

  static RunIdentity ofVersion(String folder, String digest) {
    Model model =
        SmallTraining.MODEL.toBuilder()
            .source(new Model.Source(Path.of("serving", folder), digest))
            .build();
    return identity(model, PARTS);
  }

  static Checkpoint numbered(int number) {
    return new Checkpoint(
        new RunIdentity("model", "data", "recipe", "machine"),
        number,
        -1,
        ImmutableList.of("a decision"),
        ImmutableMap.of("w", TensorValue.of(Shape.of(2), new float[] {number, 1})),
        Optional.empty());
  }

  static int newestIn(Path folder) {
    return Checkpoints.in(folder)
        .open()
        .newest(sentence -> assertThat(sentence).as("no sentence").isEmpty())
        .orElseThrow()
        .stage();
  }

  static boolean moves(String variable) {
    return variable.contains("moving_");
  }

  List<String> changedAfterAStep(FineTune.BatchNorm batchNorm) {
    Recipe all = RECIPE.then(RECIPE.fineTunes().get(0).share(1).batchNorm(batchNorm));
    Path own = folder.resolve(batchNorm.name());
    assertThatThrownBy(() -> trainUntil(2, all, Checkpoints.in(own).everySteps(1)))
        .isInstanceOf(CancellationException.class);
    LoopState loop = Checkpoints.in(own).open().newest(s -> {}).orElseThrow().loop().orElseThrow();
    return loop.values().keySet().stream()
        .filter(name -> SmallTraining.MODEL.variable(name).isPresent())
        .filter(
            name ->
                !loop.values()
                    .get(name)
                    .bytes()
                    .equals(
                        new VariableValues()
                            .of(SmallTraining.MODEL.variable(name).orElseThrow())
                            .bytes()))
        .toList();
  }

  List<String> names() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      return left.map(path -> path.getFileName().toString()).toList();
    }
  }

  static RunIdentity identity(Parts parts) {
    return identity(SmallTraining.MODEL, parts);
  }

  static RunIdentity identity(Model model, Parts parts) {
    InputBinding inputs = InputBinding.of(model, PARTS.train());
    Task task = new Task(model, inputs, ImmutableList.of(), Penalty.none());
    String machine = TaskIdentity.machine(runtime, Precision.FLOAT32);
    return TaskIdentity.of(task, parts, RECIPE.toString(), machine, List.of());
  }
}
