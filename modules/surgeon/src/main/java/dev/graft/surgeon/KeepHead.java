package dev.graft.surgeon;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Records the head that the model has, with what its outputs mean, and leaves the graph as it is.
 */
final class KeepHead extends Edit {

  private final Optional<Labels> labels;

  KeepHead(Optional<Labels> labels) {
    this.labels = labels;
  }

  @Override
  protected String operation() {
    return "keepHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return labels
        .map(l -> ImmutableMap.of("labels", Joiner.on('\n').join(l.names())))
        .orElse(ImmutableMap.of());
  }

  @Override
  protected Model edit(Model model) {
    if (labels.isEmpty() && !model.heads().isEmpty()) {
      return model;
    }
    FoundHead found = HeadFinder.only(model);
    Optional<Head> recorded =
        model.heads().stream().filter(h -> h.name().equals(found.output())).findFirst();
    Optional<Labels> meant =
        recorded.flatMap(Head::labels).map(known -> same(known, labels)).or(() -> labels);
    meant.ifPresent(l -> checkCount(l, found));
    Head head =
        recorded
            .map(h -> withLabels(h, meant))
            .orElseGet(
                () ->
                    new Head(
                        found.output(),
                        meant.isPresent() && found.kind() == Head.Kind.REGRESSION
                            ? Head.Kind.MULTI_LABEL
                            : found.kind(),
                        meant,
                        found.features(),
                        found.logits(),
                        found.answer(),
                        found.units()));
    List<Head> heads = new ArrayList<>(model.heads());
    heads.removeIf(h -> h.name().equals(found.output()));
    heads.add(head);
    return model.toBuilder().heads(ImmutableList.copyOf(heads)).build();
  }

  private static Head withLabels(Head head, Optional<Labels> labels) {
    return new Head(
        head.name(),
        head.kind(),
        labels,
        head.features(),
        head.logits(),
        head.output(),
        head.units());
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
                + " Replace the head, with carryOver() if some labels stay.");
      }
    }
    if (given.get().size() != known.size()) {
      throw new BadRequestException(
          "the head tells "
              + known.size()
              + " labels apart, of which "
              + given.get().size()
              + " are given; keep them all with keepHead(), or replace the head, with carryOver().");
    }
    return known;
  }
}
