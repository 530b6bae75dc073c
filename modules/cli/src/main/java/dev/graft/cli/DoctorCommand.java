package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Device;
import dev.graft.DeviceTrial;
import dev.graft.Gpus;
import dev.graft.Graft;
import dev.graft.Machine;
import dev.graft.Settings;
import dev.graft.XlaTrial;
import dev.graft.error.BadRequestException;
import dev.graft.error.GraftException;
import dev.graft.error.InputOutputException;
import dev.graft.error.MissingNativeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft doctor}. */
@Command(
    name = "doctor",
    description = {
      "Look at this machine: Java, TensorFlow, processors, GPUs, disk.",
      "Trains a small network on each device for two seconds, and has XLA compile a step of it."
    },
    sortOptions = false,
    footer = {
      "",
      "Exit code 0 if Graft can work here, 1 if it cannot, or training fails on a device.",
      "",
      "Examples:",
      "  graft doctor",
      "  graft --gpu doctor"
    })
final class DoctorCommand implements Callable<Integer> {

  private static final double GIGA = 1 << 30;
  private static final double LITTLE = 2; // GB of disk: a run of a large model with its checkpoints

  private final Terminal terminal;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--trial",
      paramLabel = "SECONDS",
      description = "How long to train on each device (default 2); 0: not at all.")
  private int trial = 2;

  @Mixin private CommonOptions common = new CommonOptions();

  DoctorCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    if (trial < 0) {
      throw new BadRequestException("--trial takes a number of seconds, 0 for none.");
    }
    Settings settings = MachineOptions.settings(Device.AUTO, 0);
    Path log = settings.nativeLog().orElseThrow();
    Graft opened;
    try {
      opened = Graft.open(new CacheOption().of(settings));
    } catch (MissingNativeException | InputOutputException e) {
      printUnopened(Gpus.here(), e);
      return Failures.FAILED;
    }
    try (Graft graft = opened) {
      Machine machine = graft.machine();
      Gpus gpus = graft.gpus();
      if (!json) {
        print(machine, gpus, log);
        gpus.advice().forEach(note -> say("to do", "%s", Flags.of(note)));
      }
      List<DeviceTrial> trials = tried(settings, json ? each -> {} : this::print);
      List<XlaTrial> compiled = compiled(settings, json ? each -> {} : this::print);
      if (json) {
        terminal.json(json(machine, gpus, log, new Trials(trials, compiled)));
      }
      return trials.stream().allMatch(DeviceTrial::holds) ? 0 : Failures.FAILED;
    }
  }

  /** CUDA or TensorFlow is not to be had: what there is of cards, and what to do. */
  private void printUnopened(Gpus gpus, GraftException failure) throws JsonProcessingException {
    String words = String.valueOf(failure.getMessage());
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode node = mapper.createObjectNode();
      put(node, gpus);
      node.put("failure", words);
      node.withArray("advice").add(Flags.of(failure));
      terminal.json(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(node));
      return;
    }
    say("java", "%s (%s)", System.getProperty("java.version"), System.getProperty("java.vendor"));
    say("system", "%s, %s", System.getProperty("os.name"), System.getProperty("os.arch"));
    printCards(gpus);
    say("tensorflow", "cannot be used: %s", words);
    if (!failure.remedies().isEmpty()) {
      say("to do", "%s", Flags.with("one of", failure.remedies(), ": "));
    }
  }

  private List<DeviceTrial> tried(Settings settings, Consumer<DeviceTrial> heard) {
    return trial == 0 ? List.of() : DeviceTrial.each(settings, Duration.ofSeconds(trial), heard);
  }

  /** Whether or not it works is not what the exit code tells: training does without. */
  private List<XlaTrial> compiled(Settings settings, Consumer<XlaTrial> heard) {
    return trial == 0 ? List.of() : XlaTrial.each(settings, heard);
  }

  /** What was tried on each device. */
  private record Trials(List<DeviceTrial> training, List<XlaTrial> compiled) {}

  private void print(Machine machine, Gpus gpus, Path log) {
    say("java", "%s, at most %.1f GB of heap", machine.java(), machine.heap() / GIGA);
    say("system", "%s, %d cores", machine.system(), machine.cores());
    say(
        "processor",
        "%s",
        machine.extensions().isEmpty()
            ? "its instructions are not known here"
            : String.join(" ", machine.extensions()));
    say("tensorflow", "%s, its native library loads and runs", machine.tensorflow());
    say(
        "gpu",
        "%s",
        machine.hasGpu()
            ? "yes: " + String.join(", ", machine.devices())
            : "none that TensorFlow sees; training runs on the CPU");
    print(gpus);
    say("gpu memory", "%s", machine.memory());
    say("precision", "%s", machine.precisions());
    say(
        "threads",
        "%d in an operation, %d operations side by side; --threads sets both",
        machine.threads(),
        machine.operations());
    say("home", "%s (GRAFT_HOME), %.1f GB free", NativeLogFile.home(), free(NativeLogFile.home()));
    say(
        "features",
        "%s, %.1f GB of at most %.0f GB; kept for other runs, and deleted without harm",
        CacheOption.folder(),
        machine.featureBytes() / GIGA,
        machine.mostFeatureBytes() / GIGA);
    double here = free(Path.of("").toAbsolutePath());
    say(
        "runs",
        "%s, %.1f GB free%s",
        Path.of("runs").toAbsolutePath(),
        here,
        here < LITTLE ? ": little for a run with its checkpoints" : "");
    say(
        "native log",
        "%s%s",
        log,
        log.equals(NativeLogFile.wanted())
            ? ""
            : ", since " + NativeLogFile.wanted() + " cannot be written; set GRAFT_HOME");
  }

  private void print(Gpus gpus) {
    printCards(gpus);
    say("cuda", "%s", gpus.cuda());
  }

  private void printCards(Gpus gpus) {
    if (!gpus.driver().isEmpty()) {
      say("driver", "NVIDIA %s, for CUDA up to %s", gpus.driver(), gpus.newestCuda());
    }
    for (Gpus.Card card : gpus.cards()) {
      say(
          "card",
          "%s, compute capability %s, %s",
          card.name(),
          card.capability(),
          card.memory() == 0
              ? "which does not say how much memory it has"
              : String.format(
                  Locale.ROOT, "%.1f of %.1f GB free", card.free() / GIGA, card.memory() / GIGA));
    }
  }

  private void print(DeviceTrial tried) {
    say(
        "trial",
        "%s: %s",
        tried.device(),
        tried
            .failure()
            .orElseGet(
                () ->
                    String.format(
                        Locale.ROOT,
                        "%s; %d steps of a small network in %.1f s, loss %.2f to %.2f",
                        tried.holds() ? "trains" : "does NOT learn",
                        tried.steps(),
                        tried.seconds(),
                        tried.before(),
                        tried.after())));
  }

  private void print(XlaTrial tried) {
    say(
        "xla",
        "%s: %s",
        tried.device(),
        tried.holds()
            ? String.format(
                Locale.ROOT,
                "compiles; a step of the same network as %d %s within %.1f s, with the same loss",
                tried.pieces(),
                tried.pieces() == 1 ? "kernel" : "kernels",
                tried.seconds())
            : "does NOT compile as it should" + tried.failure().map(it -> ": " + it).orElse(""));
    tried.advice().forEach(note -> say("to do", "%s", Flags.of(note)));
  }

  private void say(String what, String pattern, Object... values) {
    terminal.line(
        String.format(Locale.ROOT, "%-11s", what) + String.format(Locale.ROOT, pattern, values));
  }

  /** GB that are left where {@code folder} is, or would be made. */
  private static double free(Path folder) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    try {
      return Files.getFileStore(there).getUsableSpace() / GIGA;
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + folder + "' cannot be looked at (" + e.getMessage() + "); set GRAFT_HOME.", e);
    }
  }

  private static String json(Machine machine, Gpus gpus, Path log, Trials trials)
      throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("java", machine.java());
    node.put("heap", machine.heap());
    node.put("system", machine.system());
    node.put("cores", machine.cores());
    machine.extensions().forEach(node.putArray("instructions")::add);
    node.put("tensorflow", machine.tensorflow());
    machine.devices().forEach(node.putArray("devices")::add);
    node.put("gpu", machine.hasGpu());
    node.put("precisions", machine.precisions());
    put(node, gpus);
    ArrayNode tried = node.putArray("trials");
    trials.training().forEach(each -> put(tried.addObject(), each));
    ArrayNode compiled = node.putArray("xla");
    trials.compiled().forEach(each -> put(compiled.addObject(), each));
    node.put("threads", machine.threads());
    node.put("operations", machine.operations());
    node.put("memoryGrowth", machine.settings().memoryGrowth());
    node.put("home", String.valueOf(NativeLogFile.home()));
    node.put("features", CacheOption.folder().toString());
    node.put("featureBytes", machine.featureBytes());
    node.put("log", log.toString());
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }

  private static void put(ObjectNode node, Gpus gpus) {
    node.put("driver", gpus.driver());
    node.put("driverCuda", gpus.newestCuda());
    node.put("cuda", gpus.cuda());
    ArrayNode cards = node.putArray("cards");
    for (Gpus.Card card : gpus.cards()) {
      cards
          .addObject()
          .put("name", card.name())
          .put("capability", card.capability())
          .put("memory", card.memory())
          .put("free", card.free());
    }
    ArrayNode advice = node.putArray("advice");
    gpus.advice().forEach(note -> advice.add(Flags.of(note)));
  }

  private static void put(ObjectNode node, DeviceTrial tried) {
    node.put("device", tried.device());
    node.put("trains", tried.holds());
    node.put("steps", tried.steps());
    node.put("seconds", tried.seconds());
    tried.failure().ifPresent(words -> node.put("failure", words));
  }

  private static void put(ObjectNode node, XlaTrial tried) {
    node.put("device", tried.device());
    node.put("compiles", tried.holds());
    node.put("pieces", tried.pieces());
    node.put("seconds", tried.seconds());
    tried.failure().ifPresent(words -> node.put("failure", words));
    ArrayNode advice = node.putArray("advice");
    tried.advice().forEach(note -> advice.add(Flags.of(note)));
  }
}
