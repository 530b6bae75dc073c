package dev.graft.surgeon.internal.head;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.words.Remedy;
import dev.graft.words.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Records the head that the model has, with what its outputs mean, and leaves the graph as it is.
 */
public final class KeepHead extends Edit {

  private final Optional<Head.Kind> kind;
  private final Optional<Labels> labels;

  /**
   * Keeps the head.
   *
   * @param kind what its outputs are, if that does not follow from its activation
   */
  public KeepHead(Optional<Head.Kind> kind, Optional<Labels> labels) {
    this.kind = kind;
    this.labels = labels;
    if (labels.isPresent() && kind.filter(k -> !k.hasLabels()).isPresent()) {
      throw new BadRequestException(
          "outputs that are numbers have no labels; leave out the labels, or keep the head as one"
              + " that has some.");
    }
  }

  @Override
  protected String operation() {
    return "keepHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    ImmutableMap.Builder<String, String> arguments = ImmutableMap.builder();
    kind.ifPresent(k -> arguments.put("kind", Words.identifier(k)));
    labels.ifPresent(l -> arguments.put("labels", Joiner.on('\n').join(l.names())));
    return arguments.buildOrThrow();
  }

  @Override
  protected Model edit(Model model) {
    if (labels.isEmpty() && kind.isEmpty() && !model.heads().isEmpty()) {
      return model;
    }
    FoundHead found = HeadFinder.only(model);
    Optional<Head> recorded =
        model.heads().stream().filter(h -> h.name().equals(found.output())).findFirst();
    Optional<Labels> meant =
        recorded.flatMap(Head::labels).map(known -> same(known, labels)).or(() -> labels);
    Head.Kind use = use(found, recorded.map(Head::kind).orElseGet(() -> natural(found)));
    meant = meant.filter(l -> use.hasLabels());
    meant.ifPresent(l -> checkCount(l, found));
    Head head =
        new Head(
            found.output(),
            use,
            meant,
            recorded.map(Head::features).orElse(found.features()),
            recorded.map(Head::logits).orElse(found.logits()),
            recorded.map(Head::output).orElse(found.answer()),
            recorded.map(Head::units).orElse(found.units()));
    List<Head> heads = new ArrayList<>(model.heads());
    heads.removeIf(h -> h.name().equals(found.output()));
    heads.add(head);
    return model.toBuilder().heads(ImmutableList.copyOf(heads)).build();
  }

  /** One linear output is a number, unless it is said to have a label. */
  private Head.Kind natural(FoundHead found) {
    return labels.isPresent() && found.kind() == Head.Kind.REGRESSION
        ? Head.Kind.MULTI_LABEL
        : found.kind();
  }

  /** Linear outputs are what they are said to be; others are what their activation makes them. */
  private Head.Kind use(FoundHead found, Head.Kind known) {
    Head.Kind wanted = kind.orElse(known);
    boolean one = wanted == Head.Kind.SINGLE_LABEL && found.units() < 2;
    boolean may = found.linear() && wanted != Head.Kind.EMBEDDING && !one;
    if (wanted != known && !may) {
      throw new BadRequestException(
          "the head '"
              + found.output()
              + "' cannot be kept as "
              + words(wanted)
              + ", since "
              + (one ? "it has 1 output" : "it is " + words(known) + ": " + found.reason())
              + "; keep it as that, or replace it.");
    }
    return wanted;
  }

  private static String words(Head.Kind kind) {
    return Words.identifier(kind).replace('_', '-');
  }

  private static void checkCount(Labels labels, FoundHead found) {
    if (labels.size() != found.units()) {
      throw new BadRequestException(
          "the head '"
              + found.output()
              + "' tells "
              + found.units()
              + " labels apart, but "
              + labels.size()
              + " are given; replace the head, or give as many labels as it has.");
    }
  }

  /** The model's own order counts; another set of labels would mean something else. */
  private static Labels same(Labels known, Optional<Labels> given) {
    if (given.isEmpty()) {
      return known;
    }
    for (String label : given.get().names()) {
      if (!known.names().contains(label)) {
        throw new BadRequestException(
            "the head does not know the label '"
                + label
                + "', only "
                + Nearest.some(known.names())
                + ". "
                + Nearest.sentence(label, known.names())
                + " Replace the head, and carry over the weights if some labels stay.",
            Remedy.CARRY_OVER);
      }
    }
    if (given.get().size() != known.size()) {
      throw new BadRequestException(
          "the head tells "
              + known.size()
              + " labels apart, of which "
              + given.get().size()
              + " are given; keep them all, or replace the head, and carry over their"
              + " weights.",
          Remedy.KEEP_HEAD,
          Remedy.CARRY_OVER);
    }
    return known;
  }
}
