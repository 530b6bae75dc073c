package dev.graft.examples.photos;

import dev.graft.data.Dataset;
import dev.graft.job.JobEvent;
import dev.graft.job.JobListener;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Tells whoever listens how a training goes. All that is sent goes through one thread, so that a
 * slow reader holds up no training.
 */
@Component
class TrainingEvents implements JobListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingEvents.class);
  private static final long PAUSE = 200_000_000; // ns between two looks at the progress

  private record Told(String kind, Object what) {}

  record Begun(String run) {}

  record Read(int photos, List<String> labels) {}

  record Step(Progress.Phase phase, long done, long of, String unit) {}

  record Decided(Decision.Kind kind, String sentence) {}

  record Passed(int epoch, int of, double loss, Map<String, Double> validation) {}

  private final ExecutorService sender = Executors.newSingleThreadExecutor();
  private final List<SseEmitter> listeners = new ArrayList<>(); // of the sender's thread
  private Told last = new Told("idle", Map.of()); // likewise
  private boolean isUnderWay; // likewise
  private long progress; // when some was told last

  /** What happened last, and what happens from now on until the training ends. */
  SseEmitter listen() {
    SseEmitter listener = new SseEmitter(0L); // no time limit
    sender.execute(
        () -> {
          if (send(listener, last) && isUnderWay) {
            listeners.add(listener);
          } else {
            listener.complete();
          }
        });
    return listener;
  }

  void begin(String run) {
    tell("begun", new Begun(run));
  }

  @Override
  public void on(JobEvent event) {
    if (event instanceof JobEvent.Begun begun) {
      Dataset pictures = begun.pictures();
      tell("read", new Read(pictures.size(), pictures.labels().names()));
    } else if (event instanceof JobEvent.OfTraining training) {
      on(training.event());
    } else if (event instanceof JobEvent.Published published) {
      tell("published", Map.of("version", published.version().number()));
    }
  }

  private void on(TrainingEvent event) {
    if (event instanceof Progress step && isDue(step)) {
      tell("progress", new Step(step.phase(), step.done(), step.total(), step.unit()));
    } else if (event instanceof Decision decision) {
      LOG.info(decision.sentence());
      tell("decision", new Decided(decision.kind(), decision.sentence()));
    } else if (event instanceof Epoch epoch) {
      Map<String, Double> validation = epoch.validation().metrics();
      tell("epoch", new Passed(epoch.number(), epoch.of(), epoch.loss(), validation));
    } else if (event instanceof TrainingEvent.Saved) {
      tell("saved", Map.of());
    }
  }

  private boolean isDue(Progress step) {
    long now = System.nanoTime();
    boolean isDue = step.done() == step.total() || now - progress > PAUSE;
    progress = isDue ? now : progress;
    return isDue;
  }

  private void tell(String kind, Object what) {
    sender.execute(() -> send(new Told(kind, what), true));
  }

  /** Tells how it ended, which is the last. */
  void end(TrainingEnd end) {
    sender.execute(() -> send(new Told(end.kind(), end.what()), false));
  }

  private void send(Told told, boolean goesOn) {
    last = told;
    isUnderWay = goesOn;
    listeners.removeIf(each -> !send(each, told));
    if (!goesOn) {
      listeners.forEach(SseEmitter::complete);
      listeners.clear();
    }
  }

  private static boolean send(SseEmitter listener, Told told) {
    try {
      listener.send(SseEmitter.event().name(told.kind()).data(told.what()));
      return true;
    } catch (IOException | IllegalStateException e) { // it has gone
      return false;
    }
  }

  @Override
  public void close() {
    sender.shutdown();
  }
}
