package dev.graft.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The root of the command line. */
@Command(
    name = "graft",
    description = "Fine-tune any Keras SavedModel on the JVM, and serve what comes out.",
    subcommands = {
      DemoCommand.class,
      InspectCommand.class,
      CheckCommand.class,
      FinetuneCommand.class,
      ResumeCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      FeaturesCommand.class,
      PublishCommand.class,
      VersionsCommand.class,
      RollbackCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed: a check did not hold, memory or time ran out, or something unexpected",
      "2:wrong usage, or unfit model, data or disk; the message says what to mend",
      "3:a model is not as good as --min, --min-accuracy or --not-worse ask for, so that it was not published",
      "130:stopped by Ctrl-C",
    },
    footer = {
      "",
      "Examples:",
      "  graft demo                                   the whole job on the photos in this"
          + " repository",
      "  graft inspect efficientnet-lite0             look at a SavedModel",
      "  graft check someones/saved_model             will it train and serve?",
      "  graft finetune --model efficientnet-lite0 --data photos --out serving/photos",
      "  graft resume runs/photos-1                   go on after Ctrl-C or a crash",
      "  graft evaluate --model serving/photos --data more_photos",
      "  graft predict --model serving/photos some.jpg",
      "  graft features --model serving/photos --data photos --out photos.npy",
      "  graft publish my/saved_model --to serving/photos",
      "  graft versions serving/photos                and 'graft rollback serving/photos'",
      "  graft doctor                                 look at this machine",
      "  graft --gpu finetune ...                     any command with TensorFlow for NVIDIA GPUs"
    })
final class GraftCommand {}
