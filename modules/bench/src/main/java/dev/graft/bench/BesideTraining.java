package dev.graft.bench;

import static dev.graft.surgeon.edit.Edits.keepHead;

import dev.graft.Graft;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long answers take while a network trains in the same process, which gives way, and how much
 * slower that trains then. Requests come at random moments, whether or not earlier ones were
 * answered, and each counts from the moment at which it was due.
 */
final class BesideTraining {

  private static final int FEW = 20; // requests a second, for getting warm

  private final Graft graft;
  private final Serving serving;
  private final Case work;
  private final Parts photos;
  private final Model trained;

  private BesideTraining(Graft graft, Serving serving, Case work) {
    this.graft = graft;
    this.serving = serving;
    this.work = work;
    Dataset all = Dataset.imageFolder(work.service().photos());
    this.photos = all.split(Split.of(60, 20, 20).seed(1));
    this.trained = work.model(all);
  }

  /** Takes turns, of as many seconds as are asked for, until there are no more. */
  static void measure(Case work, Turns turns) throws IOException {
    ServingOptions options =
        ServingOptions.defaults()
            .poll(Duration.ZERO)
            .waiting(100_000) // what comes late counts; nothing is refused
            .model(ServeOptions.defaults().trust(Trust.ALLOW));
    try (Scratch scratch = Scratch.open();
        Graft graft = Graft.open()) {
      Model backbone = Graft.load(work.service().backbone(), Trust.ALLOW);
      var unused = graft.publish(backbone.with(keepHead()), scratch.path());
      try (Serving serving = Serving.of(graft, scratch.path(), options, event -> {})) {
        BesideTraining times = new BesideTraining(graft, serving, work);
        times.requests(FEW, Duration.ofSeconds(1));
        turns.say(Map.of("loss", 0, "trains", 0, "version", Main.version()));
        turns.each(seconds -> times.turn(Duration.ofSeconds(seconds)));
      }
    }
  }

  /** The training alone, the answers alone, and both. */
  private Map<String, Object> turn(Duration window) {
    int rate = work.service().requests();
    Measured alone = steps(0, window);
    Measured quiet = new Measured(0, requests(rate, window));
    Measured both = steps(rate, window);
    System.err.printf(
        Locale.ROOT,
        "%d a second: p50 %.0f ms, p99 %.0f ms; while training p50 %.0f ms, p99 %.0f ms; training"
            + " %.2f steps a second of %.2f alone%n",
        rate,
        1e3 * quiet.share(0.5),
        1e3 * quiet.share(0.99),
        1e3 * both.share(0.5),
        1e3 * both.share(0.99),
        both.steps,
        alone.steps);
    return Map.of(
        "p99", Map.of("alone", quiet.share(0.99), "beside", both.share(0.99)),
        "step", Map.of("alone", 1 / alone.steps, "beside", 1 / both.steps));
  }

  /**
   * What was measured in a window.
   *
   * @param steps how many steps a second were trained, the scoring after each epoch included
   * @param answers how long answers took, in seconds, the shortest first
   */
  private record Measured(double steps, double[] answers) {
    double share(double part) {
      return answers[(int) Math.max(0, Math.ceil(part * answers.length) - 1)];
    }
  }

  /** Trains all of the network while requests come, so many a second, or none. */
  private Measured steps(int rate, Duration window) {
    AtomicLong steps = new AtomicLong();
    CancellationToken token = new CancellationToken().yieldTo(serving::isBusy);
    Recipe recipe =
        Recipe.full().each(stage -> stage.epochs(10_000).patience(10_000).batch(work.batch()));
    TrainOptions options =
        TrainOptions.by(recipe)
            .cancellation(token)
            .listener(TrainingListener.to(Step.class, step -> steps.incrementAndGet()));
    CompletableFuture<Void> training =
        CompletableFuture.runAsync(
            () -> {
              var unused = graft.train(trained, photos, options);
            });
    while (steps.get() < 3 && !training.isDone()) { // its graph is ready then
      sleep(Duration.ofMillis(10));
    }
    long begin = System.nanoTime();
    long before = steps.get();
    double[] answers = requests(rate, window);
    long trainedSteps = steps.get() - before;
    double each = trainedSteps / ((System.nanoTime() - begin) / 1e9);
    token.cancel();
    try {
      training.join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof CancellationException)) {
        throw e;
      }
    }
    if (trainedSteps == 0) {
      throw new IllegalStateException("no step was trained in " + window + "; take a longer one");
    }
    return new Measured(each, answers);
  }

  /** Sends requests at random moments, and waits for the last answer. */
  private double[] requests(int rate, Duration window) {
    byte[] picture = photos.test().batch(new int[] {0}).encoded().byteArrays().get(0);
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
