package dev.graft.bench;

import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.surgeon.HeadSpec;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long answers take while a network trains in the same process, and how much slower that trains
 * then: {@code tools/bench/beside}. Requests come at random moments, whether or not earlier ones
 * were answered, and each counts from the moment at which it was due.
 */
final class BesideTraining {

  private final Graft graft;
  private final Serving serving;
  private final byte[] picture;
  private final Duration window;

  private BesideTraining(Graft graft, Serving serving, byte[] picture, Duration window) {
    this.graft = graft;
    this.serving = serving;
    this.picture = picture;
    this.window = window;
  }

  /**
   * Prints a line for each number of requests a second.
   *
   * @param arguments the folder of the network that answers, that of the one that trains, a folder
   *     of pictures to train on, an empty folder, seconds for each measurement, then numbers of
   *     requests a second
   */
  public static void main(String[] arguments) throws IOException {
    Path base = Path.of(arguments[3]).resolve("serving");
    Parts photos = Dataset.imageFolder(Path.of(arguments[2])).split(Split.of(60, 20, 20).seed(1));
    Model trained =
        Graft.load(
                Path.of(arguments[1]),
                LoadOptions.defaults().trust(Trust.ALLOW).inputRange(InputRange.SIGNED))
            .with(replaceHead(HeadSpec.singleLabel(photos.labels())));
    byte[] picture = Files.readAllBytes(Path.of(photos.test().name(0)));
    Duration window = Duration.ofSeconds(Long.parseLong(arguments[4]));
    ServingOptions options =
        ServingOptions.defaults()
            .poll(Duration.ZERO)
            .model(ServeOptions.defaults().trust(Trust.ALLOW));
    try (Graft graft = Graft.open()) {
      var unused =
          graft.publish(Graft.load(Path.of(arguments[0]), Trust.ALLOW).with(keepHead()), base);
      try (Serving serving = Serving.of(graft, base, options, event -> {})) {
        BesideTraining times = new BesideTraining(graft, serving, picture, window);
        times.requests(20); // for getting warm
        double alone = times.steps(trained, photos, 0).steps;
        for (String rate : Arrays.asList(arguments).subList(5, arguments.length)) {
          times.say(trained, photos, Integer.parseInt(rate), alone);
        }
      }
    }
  }

  /**
   * What was measured in a window.
   *
   * @param steps how many steps a second were trained
   * @param answers how long answers took, in seconds, the shortest first
   */
  private record Measured(double steps, double[] answers) {
    double share(double part) {
      return 1e3 * answers[(int) Math.min(answers.length - 1L, Math.round(part * answers.length))];
    }
  }

  private void say(Model trained, Parts photos, int rate, double alone) {
    Measured quiet = new Measured(0, requests(rate));
    Measured beside = steps(trained, photos, rate);
    System.out.printf(
        Locale.ROOT,
        "%d a second: p50 %.0f ms, p99 %.0f ms; while training p50 %.0f ms, p99 %.0f ms (%.1fx);"
            + " training %.2fx of its speed alone (%.2f steps a second)%n",
        rate,
        quiet.share(0.5),
        quiet.share(0.99),
        beside.share(0.5),
        beside.share(0.99),
        beside.share(0.99) / quiet.share(0.99),
        beside.steps / alone,
        alone);
  }

  /** Trains all of the network while requests come, so many a second, or none. */
  private Measured steps(Model model, Parts photos, int rate) {
    AtomicLong steps = new AtomicLong();
    CancellationToken token = new CancellationToken().yieldTo(serving::isBusy);
    Recipe recipe = Recipe.full().each(stage -> stage.epochs(10_000).patience(10_000).batch(16));
    TrainOptions options =
        TrainOptions.by(recipe)
            .cancellation(token)
            .listener(TrainingListener.to(Step.class, step -> steps.incrementAndGet()));
    CompletableFuture<Void> training =
        CompletableFuture.runAsync(
            () -> {
              var unused = graft.train(model, photos, options);
            });
    while (steps.get() < 3 && !training.isDone()) { // its graph is ready then
      sleep(Duration.ofMillis(10));
    }
    long begin = System.nanoTime();
    long before = steps.get();
    double[] answers = requests(rate);
    double each = (steps.get() - before) / ((System.nanoTime() - begin) / 1e9);
    token.cancel();
    try {
      training.join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof CancellationException)) {
        throw e;
      }
    }
    return new Measured(each, answers);
  }

  /** Sends requests at random moments, and waits for the last answer. */
  private double[] requests(int rate) {
    Random random = new Random(5);
    List<CompletableFuture<Double>> answers = new ArrayList<>();
    long begin = System.nanoTime();
    long due = begin;
    while (rate > 0) {
      due += (long) (-Math.log(1 - random.nextDouble()) / rate * 1e9);
      if (due - begin > window.toNanos()) {
        break;
      }
      sleep(Duration.ofNanos(due - System.nanoTime()));
      long moment = due;
      CompletableFuture<Answer> answer = serving.submit(picture);
      answers.add(answer.thenApply(each -> (System.nanoTime() - moment) / 1e9));
    }
    sleep(window.minusNanos(System.nanoTime() - begin));
    return answers.stream().mapToDouble(CompletableFuture::join).sorted().toArray();
  }

  private static void sleep(Duration time) {
    if (time.isNegative() || time.isZero()) {
      return;
    }
    try {
      Thread.sleep(time.toMillis(), time.getNano() % 1_000_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
