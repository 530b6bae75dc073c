package dev.graft.cli;

import dev.graft.Publication;
import dev.graft.error.BadRequestException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model has to reach to be published. */
final class GateOptions {

  @Option(
      names = "--min-accuracy",
      paramLabel = "A",
      description =
          "Publish only if this share of the test part is right, 0.8 for instance: the same as --min"
              + " accuracy=A.")
  private @Nullable Double accuracy;

  @Option(
      names = "--min",
      paramLabel = "METRIC=VALUE",
      description =
          "Publish only if the test part comes to this, once for each metric that the report has:"
              + " accuracy, f1, r2, ap50 or another; of one label recall.daisy or the like; with"
              + " several heads head/accuracy. At most this of loss, mae, rmse, latency (ms for one"
              + " answer) and size (MB). Else the exit code is 3.")
  private List<String> bounds = List.of();

  @Option(
      names = "--not-worse",
      description =
          "Publish only if it is as good on the test part as the version published now, by accuracy,"
              + " ap50, mae, or --monitor.")
  private boolean notWorse;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "Remove older versions then, but for the N newest and those that are in use (keep all).")
  private @Nullable Integer keep;

  /** {@code terms} with what was said. */
  Publication on(Publication terms) {
    Publication asked = terms.notWorse(notWorse);
    if (accuracy != null) {
      asked = asked.require("accuracy", accuracy);
    }
    for (String bound : bounds) {
      int end = bound.lastIndexOf('='); // a label may hold one, too
      if (end < 1) {
        throw wrong(bound);
      }
      try {
        double value = Double.parseDouble(bound.substring(end + 1));
        asked = asked.require(bound.substring(0, end), value);
      } catch (NumberFormatException e) {
        throw wrong(bound);
      }
    }
    return keep == null ? asked : asked.keep(keep);
  }

  private static BadRequestException wrong(String bound) {
    return new BadRequestException(
        "'" + bound + "' asks for nothing; --min takes METRIC=VALUE, such as f1=0.8.");
  }
}
