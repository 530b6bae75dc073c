package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.job.FineTuneJob;
import dev.graft.job.JobResult;
import dev.graft.job.RunFolder;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft resume}. */
@Command(
    name = "resume",
    description = "Go on with a run that was stopped, killed or ran out of disk.",
    sortOptions = false,
    footer = {
      "",
      "Model, pictures and settings are those that the run began with.",
      "",
      "Examples:",
      "  graft resume runs/photos-1",
      "  graft resume runs/photos-1 --no-gates       publish what a gate refused"
    })
final class ResumeCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(paramLabel = "RUN", description = "The run's folder, as 'graft finetune' names it.")
  private Path run = Path.of("");

  @Option(
      names = "--no-gates",
      description =
          "Publish what was trained, whatever --min, --min-accuracy and --not-worse asked for.")
  private boolean noGates;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Keep N versions then, instead of what the run began with.")
  private @Nullable Integer keep;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private CacheOption cache = new CacheOption();

  @Mixin private CommonOptions common = new CommonOptions();

  ResumeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    JobLines lines = new JobLines(terminal);
    try (RunFolder opened = RunFolder.open(run)) {
      Publication asked = opened.job().publication();
      Publication terms = noGates ? asked.ungated() : asked;
      RunFolder folder = opened.on(keep == null ? terms : terms.keep(keep));
      FineTuneJob ready = FineTuneJob.in(folder);
      Settings before = folder.settings();
      Settings settings =
          MachineOptions.ofUser(
              threads.threads().map(wanted -> before.threads(wanted, wanted)).orElse(before));
      try (Interrupt interrupt = new Interrupt(lines);
          Graft graft = Graft.open(cache.of(settings))) {
        JobResult result = ready.run(graft, interrupt, interrupt.cancellation());
        Path out = folder.job().out();
        lines.say("next", "graft predict --model %s some.jpg", Terminal.quoted(out));
        lines.heldOut(result.score());
        return 0;
      }
    }
  }
}
