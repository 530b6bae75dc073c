package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.LoadOptions;
import dev.graft.Trust;
import dev.graft.check.CheckOptions;
import dev.graft.check.CheckReport;
import dev.graft.check.ModelCheck;
import dev.graft.graph.TensorRef;
import dev.graft.graph.device.Placement;
import dev.graft.model.Asset;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.Block;
import dev.graft.surgeon.Blocks;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.tensor.DType;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.words.Note;
import dev.graft.words.Printable;
import dev.graft.words.Remedy;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What can be known of a network before it is used: first without running it, then by a trial. */
public final class LookInside {

  private LookInside() {}

  /** Prints what a stranger's network is, what is in it and what it would do. */
  public static Model look(Path network, PrintStream out) {
    // docs begin
    Inspection found = Graft.inspect(network, LoadOptions.defaults().trust(Trust.REFUSE));
    for (MachineAccess access : found.accesses()) {
      out.println("reaches beyond itself: " + Printable.line(access.toString()));
    }
    found.whyNoHead().map(Note::sentence).ifPresent(out::println);
    Model model = found.model();
    for (InputSpec input : model.inputs()) {
      out.println("takes " + input.name() + ", " + input.dtype() + " " + input.shape());
    }
    Signature serving = model.servingSignature();
    serving
        .outputs()
        .forEach((name, tensor) -> out.println("gives " + name + " " + tensor.shape()));
    for (FoundHead head : HeadFinder.all(model)) {
      out.println("head " + head.output() + " reads " + head.features() + ": " + head.kind());
    }
    for (Block block : Blocks.of(model)) {
      out.println("block " + block.name() + " with " + block.layers().size() + " layers");
    }
    for (Asset asset : model.assets()) {
      out.println("comes with " + asset.name());
    }
    // docs end
    return model;
  }

  /** The weights of a layer that are kept as they were saved, in float32. */
  public static List<Variable> saved(Model model, String layer) {
    Layer wanted = model.allLayers().filter(each -> each.name().equals(layer)).findFirst().get();
    return wanted.variables().stream()
        .map(name -> model.variable(name).get())
        .filter(weight -> weight.dtype() == DType.FLOAT32)
        .filter(weight -> weight.source() instanceof VariableSource.InCheckpoint)
        .toList();
  }

  /** Where a head for one label reads the backbone, once the model has such a head. */
  public static Optional<TensorRef> features(Model model) {
    return model.heads().stream()
        .filter(head -> head.kind() == Head.Kind.SINGLE_LABEL)
        .map(Head::features)
        .findFirst();
  }

  /** Prints whether all that should train gets a gradient, and what to do where not. */
  public static boolean trains(Model model, PrintStream out) {
    Preflight preflight = Graft.preflight(model);
    preflight.obstacles().forEach(obstacle -> out.println(obstacle.words()));
    preflight.remedy().ifPresent(remedy -> out.println("to go on: " + remedy.words()));
    return preflight.obstacles().isEmpty();
  }

  /** Prints what a GPU would leave to the CPU in a training step. */
  public static boolean fitsGpu(Model model, PrintStream out) {
    Placement placement = Graft.inspect(model).placement(Optimizer.adamW());
    placement.lines().forEach(out::println);
    return placement.variables().isEmpty();
  }

  /** Takes it the whole road, in a process of its own that may die of it. */
  public static CheckReport tryOut(Path network, PrintStream out) {
    CheckReport report =
        ModelCheck.of(network, CheckOptions.defaults().timeout(Duration.ofMinutes(5)));
    report.story().forEach(line -> out.println(line.step() + ": " + line.text()));
    for (Remedy remedy : report.remedies()) {
      out.println("what helps: " + remedy.inJava());
    }
    return report;
  }
}
