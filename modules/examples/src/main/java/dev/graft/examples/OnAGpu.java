package dev.graft.examples;

import dev.graft.DeviceTrial;
import dev.graft.Gpus;
import dev.graft.Graft;
import dev.graft.Settings;
import dev.graft.Xla;
import dev.graft.XlaTrial;
import dev.graft.words.Note;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What an application asks before it trains on a machine that it does not know. */
public final class OnAGpu {

  private OnAGpu() {}

  /** Says what there is to compute on and what is in the way; whether training works there. */
  public static boolean look(Path cuda, PrintStream out) {
    // docs begin
    Settings settings = Settings.defaults().cudaFolder(cuda).xla(Xla.AUTO);
    try (Graft graft = Graft.open(settings)) {
      Gpus gpus = graft.gpus();
      out.println("CUDA: " + gpus.cuda());
      for (Gpus.Card card : gpus.cards()) {
        out.println(card.name() + ", compute capability " + card.capability());
      }
      gpus.advice().stream().map(Note::sentence).forEach(out::println);
    }
    List<DeviceTrial> trials = DeviceTrial.each(settings, Duration.ofSeconds(1));
    for (DeviceTrial trial : trials) {
      out.println(trial.device() + (trial.holds() ? " trains" : " does not: " + trial.failure()));
    }
    for (XlaTrial trial : XlaTrial.each(settings)) {
      out.println(trial.device() + (trial.holds() ? " compiles" : " does not: " + trial.advice()));
    }
    return trials.stream().allMatch(DeviceTrial::holds);
    // docs end
  }
}
