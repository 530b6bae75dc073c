package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How far it is from the command to the native run of a step: that many methods one has to read.
 */
@Tag("slow")
class FinetuneDepthTest {

  private static final int MOST_METHODS = 12;

  @TempDir private Path dir;

  /** The methods of Graft from the native run of a step up to the command, the first one on top. */
  private final AtomicReference<List<String>> way = new AtomicReference<>(List.of());

  /** A few photos of two labels. */
  private Path photos() throws IOException {
    for (String label : List.of("fish", "tools")) {
      Path to = Files.createDirectories(dir.resolve("photos").resolve(label));
      try (Stream<Path> all =
          Files.list(Path.of(CommandProcess.checkout("testdata/photos/" + label)))) {
        for (Path photo : all.sorted().limit(10).toList()) {
          Files.copy(photo, to.resolve(photo.getFileName().toString()));
        }
      }
    }
    return dir.resolve("photos");
  }

  @Test
  void aStepIsFewMethodsFromTheCommand() throws IOException, InterruptedException {
    Thread training = Thread.currentThread();
    Thread watching = new Thread(() -> watch(training), "watching");
    watching.setDaemon(true);
    watching.start();
    CommandRun run = new CommandRun();
    int code =
        run.graft(
            "finetune",
            "--model",
            CommandProcess.checkout("testdata/zoo/keras2/mobilenetv2_mini/model"),
            "--data",
            photos().toString(),
            "--input-range",
            "0..255",
            "--recipe",
            "full",
            "--epochs",
            "20",
            "--patience",
            "20",
            "--batch",
            "2",
            "--out",
            dir.resolve("out").toString());
    assertThat(code).as(run.complained()).isZero();
    watching.interrupt();
    watching.join();
    List<String> methods = way.get();
    assertThat(methods).as("no step was seen").isNotEmpty();
    assertThat(methods.get(methods.size() - 1)).isEqualTo("FinetuneCommand.call");
    assertThat(methods).hasSizeLessThanOrEqualTo(MOST_METHODS);
  }

  private void watch(Thread training) {
    while (!Thread.currentThread().isInterrupted()) {
      List<StackTraceElement> frames = List.of(training.getStackTrace());
      if (!frames.isEmpty()
          && frames.get(0).getMethodName().equals("TF_SessionRun")
          && frames.stream().anyMatch(FinetuneDepthTest::isStep)) {
        List<String> methods = ofGraft(frames);
        way.accumulateAndGet(methods, (a, b) -> a.size() < b.size() ? b : a);
      }
      LockSupport.parkNanos(200_000);
    }
  }

  private static boolean isStep(StackTraceElement frame) {
    return frame.getClassName().endsWith(".TrainingLoop") && frame.getMethodName().equals("step");
  }

  private static List<String> ofGraft(List<StackTraceElement> frames) {
    List<String> methods =
        frames.stream()
            .filter(frame -> frame.getClassName().startsWith("dev.graft."))
            .map(frame -> simple(frame.getClassName()) + "." + frame.getMethodName())
            .toList();
    return methods.subList(0, methods.indexOf("FinetuneCommand.call") + 1);
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
