package dev.graft.model;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The model would reach into files, the network or other code when it runs, and the caller did not
 * say that it may.
 */
public final class UntrustedModelException extends BadModelException {

  private static final long serialVersionUID = 1L;

  /** How many of one kind the message lists. */
  private static final int LISTED = 5;

  private final String place;
  private final transient ImmutableList<MachineAccess> accesses;

  /**
   * Refuses a model.
   *
   * @param file the file that holds these nodes
   * @param accesses at least one
   */
  public UntrustedModelException(String file, List<MachineAccess> accesses) {
    super(message(file, accesses), Remedy.TRUST);
    this.place = file;
    this.accesses = ImmutableList.copyOf(accesses);
  }

  private static String message(String file, List<MachineAccess> accesses) {
    StringBuilder message = new StringBuilder("the model in '").append(file).append("' ");
    List<String> parts = new ArrayList<>();
    for (MachineAccess.Kind kind : MachineAccess.Kind.values()) {
      List<MachineAccess> of = accesses.stream().filter(each -> each.kind() == kind).toList();
      if (!of.isEmpty()) {
        List<String> names = of.stream().limit(LISTED).map(MachineAccess::toString).toList();
        int more = of.size() - names.size();
        parts.add(
            kind.words()
                + ": "
                + String.join(", ", names)
                + (more > 0 ? " and " + more + " more" : ""));
      }
    }
    return message
        .append(String.join("; ", parts))
        .append(
            ". A model can do harm that way, so it is refused; if you know who made it, allow it.")
        .toString();
  }

  /** The nodes that it was refused for. */
  public List<MachineAccess> accesses() {
    return accesses;
  }

  @Override
  public Optional<String> node() {
    return accesses.stream().findFirst().map(MachineAccess::node);
  }

  @Override
  public Optional<String> file() {
    return Optional.of(place);
  }
}
