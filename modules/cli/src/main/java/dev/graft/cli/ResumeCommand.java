package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Settings;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.model.Model;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Example:",
      "  graft resume runs/photos-1"
    })
final class ResumeCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(paramLabel = "RUN", description = "The run's folder, as 'graft finetune' names it.")
  private Path run = Path.of("");

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private CommonOptions common = new CommonOptions();

  ResumeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (RunFolder folder = RunFolder.open(run)) {
      if (folder.isFinished()) {
        throw new BadRequestException(
            "'"
                + run
                + "' is finished: it was published as "
                + folder.published().orElseThrow()
                + ".");
      }
      goOn(folder);
      return 0;
    }
  }

  private void goOn(RunFolder folder) {
    Job work = folder.job();
    Settings settings =
        MachineOptions.settings(work.device(), threads.threads().orElse(work.threads()))
            .precision(work.precision());
    Dataset photos = work.readPictures();
    Model start = work.start(work.readBackbone(), photos);
    Graft.requirePublishable(work.out());
    try (Graft graft = Graft.open(settings)) {
      FineTuning job = new FineTuning(terminal, graft, work, start, photos);
      job.introduce();
      Parts parts = job.divide(work.split());
      String heldOut = job.work(parts, folder);
      job.say("next", "graft predict --model %s some.jpg", Terminal.quoted(work.out()));
      terminal.line(heldOut);
    }
  }
}
