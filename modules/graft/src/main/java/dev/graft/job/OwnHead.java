package dev.graft.job;

import dev.graft.data.Answers;
import dev.graft.data.PictureTable;
import dev.graft.data.TableReading;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.edit.Edits;
import dev.graft.words.Remedy;
import java.util.Optional;

/**
 * The head that a model came with: what it is used for, where the model does not say so itself, and
 * what a table says to it. The same for a head that is kept in training and for one that is scored.
 *
 * @param labels what its outputs mean, in their order, if somebody said so
 */
record OwnHead(Optional<Labels> labels) {

  /** What a table says to it: what that gave so far, if that is known. */
  TableReading reading(Model backbone, PictureTable table) {
    Head.Kind kind;
    try {
      Model kept =
          backbone.heads().isEmpty()
              ? backbone.with(labels.map(Edits::keepHead).orElseGet(() -> Edits.keepHead()))
              : backbone;
      kind = kept.heads().get(0).kind();
    } catch (BadRequestException e) {
      return TableReading.of(table); // there is no head to keep, as is said later
    }
    return reading(kind, table);
  }

  /** What a table says to a head of this kind. */
  static TableReading reading(Head.Kind kind, PictureTable table) {
    return switch (kind.targets()) {
      case NUMBERS, LIKENESS -> TableReading.sure(table.numbers());
      case ANY_LABELS -> TableReading.sure(table.anyOf());
      case ONE_LABEL -> TableReading.labels(table);
      case BOXES ->
          throw new BadRequestException(
              "a head for boxes learns from boxes drawn on pictures, which a table of answers does"
                  + " not hold.");
    };
  }

  /** {@code model} with these labels, if there are any, its head being used for {@code answers}. */
  Model labelled(Model model, Answers answers) {
    if (labels.isEmpty()) {
      return model;
    }
    Labels known = labels.get();
    return model.with(
        use(model, answers)
            .filter(kind -> kind != Head.Kind.REGRESSION)
            .map(kind -> Edits.keepHead(kind, known))
            .orElseGet(() -> Edits.keepHead(known)));
  }

  /** {@code model} with its head on record, being used for {@code answers}. */
  static Model told(Model model, Answers answers) {
    return model.with(use(model, answers).map(Edits::keepHead).orElseGet(() -> Edits.keepHead()));
  }

  /** What a head with linear outputs, which does not say itself what they are, is used for. */
  private static Optional<Head.Kind> use(Model model, Answers answers) {
    if (!model.heads().isEmpty()) {
      return Optional.empty();
    }
    FoundHead found = HeadFinder.only(model);
    return found.linear() && found.units() > 1 ? Optional.of(kind(answers)) : Optional.empty();
  }

  /** What sort of answers these are. */
  static Head.Kind kind(Answers answers) {
    return answers.labels().isEmpty()
        ? Head.Kind.REGRESSION
        : answers.isOneLabel() ? Head.Kind.SINGLE_LABEL : Head.Kind.MULTI_LABEL;
  }

  /**
   * Whether the order of its outputs is a question: the order of the data's labels is no answer.
   */
  static boolean isUntold(Head head) {
    return head.kind().hasLabels() && head.labels().isEmpty() && head.units() > 1;
  }

  /** What to throw then. */
  static BadRequestException untold(Model model, Head head, String otherwise) {
    return new BadRequestException(
        model.name()
            + " does not say what the "
            + head.units()
            + " outputs of its head '"
            + head.name()
            + "' mean, and the order of the data's labels need not be theirs; give their labels in"
            + " the order of the outputs, or "
            + otherwise
            + ".",
        Remedy.LABELS_OF_OUTPUTS);
  }
}
