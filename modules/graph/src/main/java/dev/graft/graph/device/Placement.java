package dev.graft.graph.device;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where TensorFlow would run nodes on a machine with a GPU, and where their variables would lie.
 * Found out from the graph and from the kernels that TensorFlow has for GPUs: nothing was run on
 * one.
 *
 * @param onGpu how many would run on the GPU
 * @param inHostMemory how many of these read and give what lies in the host's memory, such as sizes
 *     and counters: they cost no copy
 * @param onCpuByName how many name the CPU themselves, as the decoding of pictures does
 * @param onCpu the others that would run on the CPU, by op, dtypes and reason
 * @param variables those that would lie in the host's memory: each step copies them there and back
 */
public record Placement(
    int onGpu, int inHostMemory, int onCpuByName, List<OnCpu> onCpu, List<Held> variables) {

  public Placement {
    onCpu = ImmutableList.copyOf(onCpu);
    variables = ImmutableList.copyOf(variables);
  }

  /** Why an op runs on the CPU. */
  public enum Reason {
    /** TensorFlow has no kernel of it for GPUs. */
    NO_KERNEL("has no GPU kernel"),
    /** It has one, but not for these dtypes. */
    OTHER_DTYPES("has no GPU kernel for these dtypes"),
    /** It has one, but touches a variable that another op keeps on the CPU. */
    BESIDE_A_VARIABLE("goes where its variable is");

    private final String words;

    Reason(String words) {
      this.words = words;
    }

    /** What it is, for a person. */
    public String words() {
      return words;
    }
  }

  /**
   * Nodes of one op that run on the CPU.
   *
   * @param op the op
   * @param dtypes of what they read, or give where they read nothing
   * @param reason why
   * @param nodes how many there are
   * @param node one of them; for one inside a loop the loop's name, {@code >} and its own
   */
  public record OnCpu(String op, String dtypes, Reason reason, int nodes, String node) {

    /** What runs there and why, for a person. */
    public String words() {
      return String.format(
          Locale.ROOT,
          "%s%s %s: %s%s",
          op,
          dtypes.isEmpty() ? "" : " (" + dtypes + ")",
          reason.words(),
          node,
          nodes == 1 ? "" : String.format(Locale.ROOT, " and %,d more", nodes - 1));
    }
  }

  /**
   * A variable that lies in the host's memory.
   *
   * @param name the variable's
   * @param op the op that keeps it there
   * @param node the node of that op
   */
  public record Held(String name, String op, String node) {

    /** What lies there and why, for a person. */
    public String words() {
      return name + " lies in the host's memory, since " + op + " (" + node + ") needs it there";
    }
  }

  /** What it comes to, for a person: counts, then a line for each op and each variable. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d nodes on the GPU, %,d of them with sizes and the like in the host's memory%s",
            onGpu,
            inHostMemory,
            onCpuByName == 0
                ? ""
                : String.format(Locale.ROOT, "; %,d on the CPU by design", onCpuByName)));
    onCpu.forEach(each -> lines.add("on the CPU: " + each.words()));
    variables.forEach(each -> lines.add(each.words()));
    return List.copyOf(lines);
  }
}
