package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Device;
import dev.graft.Graft;
import dev.graft.Machine;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft doctor}. */
@Command(
    name = "doctor",
    description = "Look at this machine: Java, TensorFlow, processors, GPU, disk.",
    sortOptions = false,
    footer = {"", "Exit code 0 if Graft can work here.", "", "Example:", "  graft doctor"})
final class DoctorCommand implements Callable<Integer> {

  private static final double GIGA = 1 << 30;
  private static final double LITTLE = 2; // GB of disk: a run of a large model with its checkpoints

  private final Terminal terminal;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin private CommonOptions common = new CommonOptions();

  DoctorCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    Path log = NativeLogFile.path();
    try (Graft graft = Graft.open(new CacheOption().of(MachineOptions.settings(Device.AUTO, 0)))) {
      Machine machine = graft.machine();
      if (json) {
        terminal.json(json(machine, log));
      } else {
        print(machine, log);
      }
    }
    return 0;
  }

  private void print(Machine machine, Path log) {
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
    say("gpu memory", "%s", machine.memory());
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

  private static String json(Machine machine, Path log) throws JsonProcessingException {
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
    node.put("threads", machine.threads());
    node.put("operations", machine.operations());
    node.put("memoryGrowth", machine.settings().memoryGrowth());
    node.put("home", String.valueOf(NativeLogFile.home()));
    node.put("features", CacheOption.folder().toString());
    node.put("featureBytes", machine.featureBytes());
    node.put("log", log.toString());
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }
}
