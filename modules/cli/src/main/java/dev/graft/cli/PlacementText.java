package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.graph.device.Placement;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.words.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where a training step's ops would run with a GPU, as {@code graft inspect --gpu} prints it. */
final class PlacementText {

  private PlacementText() {}

  static List<String> lines(Inspection inspection, Optimizer optimizer) {
    Placement placement = inspection.placement(optimizer);
    int training = Graft.preflight(inspection.model()).reached().size();
    List<String> lines = new ArrayList<>();
    lines.add(
        training == 0
            ? "Nothing of " + inspection.model().name() + " trains; what answers, with a GPU:"
            : String.format(
                Locale.ROOT,
                "A training step of %s, all %,d trainable variables, with a GPU:",
                inspection.model().name(),
                training));
    placement.lines().forEach(line -> lines.add("  " + Printable.line(line)));
    if (placement.onCpu().isEmpty()) {
      lines.add("  no op is left to the CPU for want of a kernel");
    }
    lines.add("");
    lines.add("By TensorFlow's list of its GPU kernels; nothing was run on a GPU.");
    return lines;
  }
}
