package dev.graft.model;

/**
 * A node of a model that reaches beyond the model: into files, over the network, into other code on
 * the machine that runs it.
 *
 * @param kind what it reaches for
 * @param op its op: {@code WriteFile}
 * @param node its name
 * @param place where it lies, in words for people: {@code layer 'lookup'}, {@code function
 *     '__inference_call_12'}; empty if it is in no layer that is known
 */
public record MachineAccess(Kind kind, String op, String node, String place) {

  /** What a node reaches for. */
  public enum Kind {
    /** Files that are not the model's own. */
    FILES("reads or writes files"),
    /** Other processes, on this machine or another. */
    NETWORK("talks to other processes"),
    /** Code that is not in the graph, or the end of the process. */
    CODE("runs code that is not in its graph"),
    /** It is an op of which nobody has said that it is harmless. */
    UNKNOWN("runs ops that are not known to be harmless");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** What a model with such a node does. */
    public String words() {
      return words;
    }
  }

  /** {@code WriteFile (node 'a/WriteFile', layer 'a')}. */
  @Override
  public String toString() {
    return op + " (node '" + node + "'" + (place.isEmpty() ? "" : ", " + place) + ")";
  }
}
