package dev.graft.trainer;

import dev.graft.data.Dataset;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.List;
import java.util.Set;

/** Finds the head that is trained, and what belongs to it. */
final class Heads {

  private Heads() {}

  /**
   * The one head of {@code model}, which has to be a classifier with the labels of {@code data}.
   */
  static Head classifier(Model model, Dataset data) {
    if (model.heads().size() != 1) {
      throw new BadRequestException(
          model.name()
              + (model.heads().isEmpty() ? " has no head to train" : " has several heads")
              + "; give it one with replaceHead(...).");
    }
    Head head = model.heads().get(0);
    if (head.kind() != Head.Kind.SINGLE_LABEL) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' is "
              + head.kind()
              + ", but each example of the data has one label; use a single-label head.");
    }
    if (head.labels().isPresent() && !head.labels().get().equals(data.labels())) {
      throw new BadRequestException(
          "the head knows the labels "
              + head.labels().get().names()
              + ", the data have "
              + data.labels().names()
              + "; make the head for the data's labels.");
    }
    if (head.units() != data.labels().size()) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' has "
              + head.units()
              + " outputs, but the data have "
              + data.labels().size()
              + " labels; replace the head by one for these labels.");
    }
    return head;
  }

  /**
   * The variables that train between the head's features and its logits; none where the head is
   * frozen, as one that is kept.
   */
  static List<Variable> variables(Model model, Head head) {
    Set<String> all = model.graph().upstream(List.of(head.logits().node()));
    Set<String> before = model.graph().upstream(List.of(head.features().node()));
    return model.variables().stream()
        .filter(v -> all.contains(v.node()) && !before.contains(v.node()))
        .filter(v -> v.trainable() && !v.role().isStatistic())
        .toList();
  }
}
