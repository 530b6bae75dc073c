package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Training that is killed loses one step at most, and ends to the bit as if it had not been. The
 * processes that are killed write a checkpoint after every step, so that most kills fall into the
 * writing of one, and another thread keeps the machine busy meanwhile.
 */
class KilledTest {

  private static final Recipe RECIPE = SmallTraining.recipe(8);
  private static final Pattern STEP = Pattern.compile("stretch (\\d+) step (\\d+)");
  private static final String AT_RENAME = "waits at its rename";

  private static TensorFlowRuntime runtime;
  private static String uninterrupted;

  @TempDir private Path folder;
  private final List<String> outcomes = new ArrayList<>();
  private List<String> feeds = List.of("host"); // in turn, a run each
  private String feed = ""; // of the processes that are killed, and of the one that ends

  /**
   * When a process is killed.
   *
   * @param rename at which of its renames, from 1; 0 for any moment
   * @param done whether that rename is done already
   * @param millis so long after its first step, where it is no rename
   */
  private record Moment(int rename, boolean done, int millis) {

    static Moment atRename(int number, boolean done) {
      return new Moment(number, done, 0);
    }

    static Moment after(int millis) {
      return new Moment(0, false, millis);
    }

    @Override
    public String toString() {
      return rename == 0
          ? millis + " ms after a step"
          : (done ? "after rename " : "before rename ") + rename;
    }
  }

  /** How far a run is: a stretch, from 1, and a step of it. */
  private record Position(long stretch, long step) {

    static final Position START = new Position(0, 0);

    /** Of the newest whole checkpoint. */
    static Position in(Path checkpoints) {
      return Checkpoints.in(checkpoints)
          .open()
          .newest(damaged -> assertThat(damaged).as("no checkpoint is damaged").isEmpty())
          .map(
              last ->
                  new Position(
                      last.stage() + 1,
                      last.loop().map(loop -> loop.counters().batches()).orElse(0L)))
          .orElse(START);
    }

    boolean isBefore(Position other) {
      return stretch < other.stretch || (stretch == other.stretch && step < other.step);
    }
  }

  @BeforeAll
  static void trainOnceWithoutInterruption() {
    runtime = TensorFlowRuntime.open();
    uninterrupted = SmallTraining.digest(train(runtime, TrainOptions.by(RECIPE)).model());
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** The third checkpoint's renames: it appears, and the first one goes. */
  @Test
  void inARenameIsSurvived() throws Exception {
    survives(List.of(Moment.atRename(3, false), Moment.atRename(4, true)));
  }

  /** Batches that waited on the device are asked for again, examples that lay there put there. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"staged", "resident"})
  void withExamplesOnTheDeviceIsSurvived(String way) throws Exception {
    feeds = List.of(way);
    survives(List.of(Moment.atRename(3, false), Moment.atRename(4, true)));
  }

  /** Twelve in the renames of the first four checkpoints a process writes, the rest at random. */
  @Tag("nightly")
  @Test
  void thirtyTimesAreSurvived() throws Exception {
    List<Moment> moments = new ArrayList<>();
    for (int rename = 1; rename <= 6; rename++) {
      moments.add(Moment.atRename(rename, false));
      moments.add(Moment.atRename(rename, true));
    }
    Random random = new Random();
    while (moments.size() < 30) {
      moments.add(Moment.after(random.nextInt(250)));
    }
    Collections.shuffle(moments, random);
    feeds = List.of("host", "staged", "resident");
    survives(moments);
    System.out.println(String.join("\n", outcomes));
  }

  /** Kills runs in a row, several times each, and lets each go on to its end. */
  private void survives(List<Moment> moments) throws Exception {
    Deque<Moment> left = new ArrayDeque<>(moments);
    for (int run = 1; !left.isEmpty(); run++) {
      Path checkpoints = folder.resolve("run" + run);
      feed = feeds.get(run % feeds.size());
      boolean isOver = false;
      for (int kills = 0; kills < 5 && !isOver && !left.isEmpty(); kills++) {
        isOver = !kill(checkpoints, left.peek());
        if (!isOver) {
          left.pop();
        }
      }
      TrainOptions whole =
          TrainOptions.by(RECIPE).checkpoints(Checkpoints.in(checkpoints).everySteps(1));
      Run resumed = Feeds.by(feed, () -> train(runtime, whole));
      assertThat(SmallTraining.digest(resumed.model()))
          .as("of run %d: %s", run, outcomes)
          .isEqualTo(uninterrupted);
    }
  }

  /**
   * Goes on with a run until {@code moment}, and checks that no more than a step is lost then.
   *
   * @return false if the run was over before
   */
  private boolean kill(Path checkpoints, Moment moment) throws Exception {
    Position before = Position.in(checkpoints);
    Path log = folder.resolve(outcomes.size() + "of" + checkpoints.getFileName() + ".log");
    Process child = start(checkpoints, moment, log);
    boolean begun = await(child, log, moment.rename > 0 ? AT_RENAME : "step");
    Thread.sleep(moment.millis);
    if (!begun || !child.isAlive()) {
      return false;
    }
    child.destroyForcibly().waitFor();
    Position seen = seen(Files.readAllLines(log));
    Position saved = Position.in(checkpoints);
    long lost = saved.isBefore(seen) ? seen.step - saved.step : 0;
    outcomes.add(
        feed + " killed " + moment + ": " + seen + " done, " + saved + " kept, lost " + lost);
    assertThat(saved.isBefore(before)).as("behind %s: %s", before, outcomes).isFalse();
    assertThat(saved.isBefore(seen) && saved.stretch != seen.stretch || lost > 1)
        .as("more than a step lost: %s", outcomes)
        .isFalse();
    return true;
  }

  /** The last step that a process said to be done. */
  private static Position seen(List<String> log) {
    Position seen = Position.START;
    for (String line : log) {
      Matcher step = STEP.matcher(line);
      if (step.matches()) {
        seen = new Position(Long.parseLong(step.group(1)), Long.parseLong(step.group(2)));
      }
    }
    return seen;
  }

  /** Gives false where it came to its end before that: nothing but a score may have been left. */
  private static boolean await(Process child, Path log, String word)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (child.isAlive() && System.nanoTime() < limit) {
      if (Files.readString(log).contains(word)) {
        return true;
      }
      Thread.sleep(5);
    }
    String said = Files.readString(log);
    assertThat(child.isAlive()).as("hangs: %s", said).isFalse();
    assertThat(child.exitValue()).as(said).isZero();
    return said.contains(word);
  }

  private Process start(Path checkpoints, Moment moment, Path log) throws IOException {
    return ChildJava.running(
            List.of("-XX:TieredStopAtLevel=1", "-Dgraft.feed=" + feed), // lives briefly
            KilledTest.class,
            checkpoints.toString(),
            Integer.toString(moment.rename),
            Boolean.toString(moment.done))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static Run train(TensorFlowRuntime runtime, TrainOptions options) {
    return Trainer.fit(
        runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, SmallTraining.parts(), options);
  }

  /** The process that is killed. */
  public static void main(String[] arguments) {
    Thread busy =
        new Thread(
            () -> {
              while (true) {
                Thread.onSpinWait();
              }
            });
    busy.setDaemon(true);
    busy.start();
    TrainingListener teller =
        TrainingListener.to(
            Step.class,
            step -> System.out.println("stretch " + step.stretch() + " step " + step.number()));
    WaitingAtRename files =
        new WaitingAtRename(Integer.parseInt(arguments[1]), Boolean.parseBoolean(arguments[2]));
    Checkpoints checkpoints = Checkpoints.in(files.wrap(Path.of(arguments[0]))).everySteps(1);
    try (TensorFlowRuntime own = TensorFlowRuntime.open()) {
      train(own, TrainOptions.by(RECIPE).listener(teller).checkpoints(checkpoints));
    }
  }

  /** Waits in one of its renames until the process is killed. */
  private static final class WaitingAtRename extends FaultyFileSystem {

    private final int rename;
    private final boolean done;
    private int renames;

    WaitingAtRename(int rename, boolean done) {
      super(0, Fault.ONCE);
      this.rename = rename;
      this.done = done;
    }

    @Override
    public void move(Path from, Path to, CopyOption... options) throws IOException {
      boolean isIt = ++renames == rename;
      if (isIt && !done) {
        waitForTheEnd(from, to);
      }
      super.move(from, to, options);
      if (isIt) {
        waitForTheEnd(from, to);
      }
    }

    private static void waitForTheEnd(Path from, Path to) {
      System.out.println(AT_RENAME + " of " + from.getFileName() + " to " + to.getFileName());
      while (true) {
        try {
          Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
          // nothing but its end is waited for
        }
      }
    }
  }
}
