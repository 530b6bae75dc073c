package dev.graft.job;

import com.google.common.base.Splitter;
import dev.graft.data.Answers;
import dev.graft.error.BadRequestException;
import dev.graft.internal.boxes.BoxInput;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Padding;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.words.Remedy;
import dev.graft.words.Words;
import java.util.List;
import java.util.Set;

/**
 * A {@link Surgery} as it is done for data: what becomes of the head depends on what is to be
 * learned.
 *
 * @param surgery what is wished
 * @param answers what is to be learned
 */
record Operation(Surgery surgery, Answers answers) {

  /** {@code backbone} after it, with first weights of a new head from {@code seed}. */
  Model on(Model backbone, long seed) {
    HeadSpec spec = spec().seed(seed);
    if (surgery.head() == HeadChoice.BOXES) { // whose size and maps are its own affair
      Model headed = backbone.with(Edits.replaceHead(spec));
      return trainable(headed).with(Edits.unfreeze(Where.head()));
    }
    Model model =
        surgery
            .size()
            .map(s -> backbone.with(Edits.inputSize(s.height(), s.width())))
            .orElse(backbone);
    return keeps(backbone)
        ? kept(surgery.own().labelled(model, answers))
        : replaced(surgery.own().labelled(model, answers), fitted(spec));
  }

  /** Whether {@code backbone} keeps its head, to learn {@code answers}. */
  boolean keeps(Model backbone) {
    return surgery.head() == HeadChoice.KEEP
        || surgery.head() == HeadChoice.AUTO
            && surgery.cut().isEmpty()
            && surgery.form().equals(HeadForm.standard())
            && tells(surgery.own().labelled(backbone, answers));
  }

  private Model kept(Model model) {
    Model told = OwnHead.told(model, answers);
    answers.labels().ifPresent(wanted -> requireLabels(told, wanted));
    Model known =
        answers
            .labels()
            .filter(wanted -> !knows(told, wanted))
            .map(wanted -> told.with(Edits.keepHead(wanted)))
            .orElse(told);
    Model kept = trainable(known.with(Edits.freeze(Where.head())));
    boolean says =
        surgery.freeze().isPresent()
            || surgery.unfreeze().isPresent(); // else the recipe says what trains
    if (says && kept.trainableVariables().isEmpty()) {
      throw new BadRequestException(
          "the head is kept and "
              + surgery.freeze().map(where -> "'" + where + "'").orElse("the rest")
              + " is frozen, so nothing is left to train; unfreeze 'last block' or 'head' at least,"
              + " or take a new head.");
    }
    return kept;
  }

  private static void requireLabels(Model model, Labels wanted) {
    for (Head head : model.heads()) {
      if (OwnHead.isUntold(head) && head.units() == wanted.size()) {
        throw OwnHead.untold(model, head, "take a new head");
      }
    }
  }

  /**
   * {@code spec} in the form that is wished; where answers are for each position, without pooling.
   */
  private HeadSpec fitted(HeadSpec spec) {
    HeadSpec formed = surgery.form().on(spec);
    if (surgery.form().pooling() == HeadSpec.Pooling.NONE && !hasPositions()) {
      throw new BadRequestException(
          "without pooling the head answers for each position, but the data say one thing of each"
              + " example; take another pooling, or give answers for each position.",
          Remedy.POOL_ALL,
          Remedy.ANSWERS_FOR_POSITIONS);
    }
    return surgery.form().pooling() == HeadSpec.Pooling.AUTO && hasPositions()
        ? formed.pooling(HeadSpec.Pooling.NONE)
        : formed;
  }

  private boolean hasPositions() {
    int rank = answers.values().shape().rank();
    return answers.labels().isPresent() && rank > (answers.isOneLabel() ? 1 : 2);
  }

  private Model replaced(Model model, HeadSpec wanted) {
    boolean pools = wanted.pooling() == HeadSpec.Pooling.AUTO && surgery.cut().isEmpty();
    HeadSpec spec = // one answer for each example, whatever the old head gave
        pools && HeadFinder.only(model).perPosition()
            ? wanted.pooling(HeadSpec.Pooling.AVERAGE)
            : wanted;
    Model headed =
        surgery.cut().isPresent()
            ? model.with(Edits.cut(surgery.cut().get()), Edits.addHead(spec))
            : model.with(Edits.replaceHead(surgery.carriesOver() ? spec.carryOver() : spec));
    if (wanted.pooling() == HeadSpec.Pooling.AUTO) {
      requireKnownPadding(headed);
    }
    return trainable(headed).with(Edits.unfreeze(Where.head()));
  }

  /** All positions are pooled where that is asked for, not by a choice made here. */
  private static void requireKnownPadding(Model headed) {
    Padding.pooled(headed)
        .ifPresent(
            why -> {
              throw new BadRequestException(
                  why + "; ask for that, or take the first position if it stands for the whole.",
                  Remedy.POOL_ALL,
                  Remedy.POOL_FIRST);
            });
  }

  private Model trainable(Model model) {
    Model frozen = model.with(Edits.freeze(surgery.freeze().orElse(Where.all())));
    return surgery.unfreeze().map(where -> frozen.with(Edits.unfreeze(where))).orElse(frozen);
  }

  private static boolean knows(Model model, Labels wanted) {
    return model.heads().size() == 1
        && model.heads().get(0).labels().stream()
            .anyMatch(own -> own.names().containsAll(wanted.names()));
  }

  /** Whether the model's answers are those wanted, by their labels; numbers have no names. */
  private boolean tells(Model model) {
    if (model.heads().size() != 1 || answers.labels().isEmpty()) {
      return false;
    }
    Head only = model.heads().get(0);
    Set<String> wanted = Set.copyOf(answers.labels().get().names());
    return only.kind() == OwnHead.kind(answers)
        && only.labels().stream().anyMatch(own -> Set.copyOf(own.names()).equals(wanted));
  }

  /** The new head, if there is to be one. */
  private HeadSpec spec() {
    HeadSpec natural = natural();
    Head.Kind wanted =
        switch (surgery.head()) {
          case AUTO, KEEP -> natural.kind(); // a kept one is held against the data by training
          case NEW, EMBEDDING -> Head.Kind.SINGLE_LABEL;
          case MULTI_LABEL -> Head.Kind.MULTI_LABEL;
          case REGRESSION -> Head.Kind.REGRESSION;
          case BOXES -> Head.Kind.BOXES;
        };
    if (natural.kind() != wanted) {
      throw new BadRequestException(
          "a "
              + words(wanted)
              + " head learns "
              + needed(wanted)
              + ", but the data have "
              + needed(natural.kind())
              + "; take a "
              + words(natural.kind())
              + " head, or other data.");
    }
    return natural;
  }

  /** The head that fits the data. */
  private HeadSpec natural() {
    if (answers.counts().isPresent() && answers.labels().isPresent()) {
      return HeadSpec.boxes(answers.labels().get()).boxes(form());
    }
    if (answers.labels().isPresent()) {
      Labels labels = answers.labels().get();
      return answers.isOneLabel() ? HeadSpec.singleLabel(labels) : HeadSpec.multiLabel(labels);
    }
    return HeadSpec.regression((int) answers.values().shape().dim(0, 1).elements());
  }

  private BoxForm form() {
    List<String> maps =
        surgery.cut().map(Splitter.on(',').trimResults()::splitToList).orElse(List.of());
    BoxForm form = BoxInput.form(answers).maps(maps);
    return surgery.size().map(size -> form.size(size.height(), size.width())).orElse(form);
  }

  private static String words(Head.Kind kind) {
    return Words.of(kind);
  }

  private static String needed(Head.Kind kind) {
    return switch (kind.targets()) {
      case ONE_LABEL -> "one label for each picture (a folder for each, or a column of text)";
      case ANY_LABELS ->
          "several labels for each picture (a table with a column of 0 and 1 for each)";
      case NUMBERS, LIKENESS -> "numbers for each picture (a table with a column for each)";
      case BOXES -> "boxes drawn on the pictures (Pascal VOC, COCO, YOLO, or a table of boxes)";
    };
  }
}
