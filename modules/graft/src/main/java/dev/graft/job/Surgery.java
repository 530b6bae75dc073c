package dev.graft.job;

import dev.graft.data.Answers;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Padding;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.words.Remedy;
import dev.graft.words.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is done to a backbone before it learns, as a value: which part stays frozen, what becomes of
 * its output layer, which pictures it takes. The flags of {@code graft finetune}. Start from {@link
 * #standard} and change what differs; whoever needs more writes the edits of {@link Edits} one by
 * one.
 *
 * @param head what becomes of the output layer
 * @param freeze what stays as it is of the backbone; if empty, all of it, or all that {@code
 *     unfreeze} does not name, and the recipe says what trains of a backbone that is frozen whole
 * @param unfreeze what trains besides a new head, even if {@code freeze} names it; a head that is
 *     kept trains only if this names it
 * @param cut the layer or tensor to put the new head on; if empty, where the old one was
 * @param labels what the model's own outputs mean, in their order, where it does not say so itself
 * @param carriesOver whether labels that stay start with the weights they had
 * @param size the size of the pictures that the network is rebuilt for; if empty, its own
 * @param form what a new head is made of
 */
public record Surgery(
    HeadChoice head,
    Optional<Where> freeze,
    Optional<Where> unfreeze,
    Optional<String> cut,
    Optional<Labels> labels,
    boolean carriesOver,
    Optional<Size> size,
    HeadForm form) {

  /**
   * A size in pixels.
   *
   * @param height rows
   * @param width columns
   */
  public record Size(int height, int width) {}

  public Surgery {
    if (cut.isPresent() && head == HeadChoice.KEEP) {
      throw new BadRequestException(
          "a head is either kept, or the model is cut before it at '" + cut.get() + "'; not both.");
    }
    if (!form.equals(HeadForm.standard()) && head == HeadChoice.KEEP) {
      throw new BadRequestException(
          "pooling, hidden layers and dropout are of a new head, but the head is to be kept; leave"
              + " them out, or take a new one.");
    }
    if (carriesOver && (cut.isPresent() || head == HeadChoice.KEEP)) {
      throw new BadRequestException(
          "weights are carried over from a head that is replaced by a new one; with carry-over,"
              + " neither cut nor keep it.");
    }
  }

  /** The backbone frozen, its head kept if the labels are the same, else a new one. */
  public static Surgery standard() {
    return new Surgery(
        HeadChoice.AUTO,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        HeadForm.standard());
  }

  /** This with another choice for the output layer. */
  public Surgery head(HeadChoice value) {
    return new Surgery(value, freeze, unfreeze, cut, labels, carriesOver, size, form);
  }

  /** This with this part frozen, and the rest of the backbone as it was saved. */
  public Surgery freeze(Where value) {
    return new Surgery(head, Optional.of(value), unfreeze, cut, labels, carriesOver, size, form);
  }

  /** This with this part training. */
  public Surgery unfreeze(Where value) {
    return new Surgery(head, freeze, Optional.of(value), cut, labels, carriesOver, size, form);
  }

  /** This with the new head on that layer or tensor. */
  public Surgery cut(String value) {
    return new Surgery(head, freeze, unfreeze, Optional.of(value), labels, carriesOver, size, form);
  }

  /** This, knowing what the model's own outputs mean. */
  public Surgery labels(Labels value) {
    return new Surgery(head, freeze, unfreeze, cut, Optional.of(value), carriesOver, size, form);
  }

  /** This with the weights of labels that stay. */
  public Surgery carryOver() {
    return new Surgery(head, freeze, unfreeze, cut, labels, true, size, form);
  }

  /** This for pictures of another size. */
  public Surgery size(int height, int width) {
    return new Surgery(
        head,
        freeze,
        unfreeze,
        cut,
        labels,
        carriesOver,
        Optional.of(new Size(height, width)),
        form);
  }

  /** This with a new head of another form. */
  public Surgery form(HeadForm value) {
    return new Surgery(head, freeze, unfreeze, cut, labels, carriesOver, size, value);
  }

  /**
   * {@code backbone} after all this, ready to be trained.
   *
   * @param answers what to learn: a new head tells their labels, or gives as many numbers; a kept
   *     head may know more labels, and its order is its own, see {@link
   *     dev.graft.data.Dataset#inOrderOf}
   * @param seed what a new head's first weights are drawn from
   * @throws BadRequestException if a part does not fit the model; the message names the nearest
   *     choice that does
   */
  public Model on(Model backbone, Answers answers, long seed) {
    HeadSpec spec = spec(answers).seed(seed);
    Model model =
        size.map(s -> backbone.with(Edits.inputSize(s.height(), s.width()))).orElse(backbone);
    return keeps(backbone, answers)
        ? kept(own().labelled(model, answers), answers)
        : replaced(own().labelled(model, answers), fitted(spec, answers));
  }

  /** Whether {@code backbone} keeps its head, to learn {@code answers}. */
  boolean keeps(Model backbone, Answers answers) {
    return head == HeadChoice.KEEP
        || head == HeadChoice.AUTO
            && cut.isEmpty()
            && form.equals(HeadForm.standard())
            && tells(own().labelled(backbone, answers), answers);
  }

  /** The model's own head, and what is said of it. */
  OwnHead own() {
    return new OwnHead(labels);
  }

  private Model kept(Model model, Answers answers) {
    Model told = OwnHead.told(model, answers);
    answers.labels().ifPresent(wanted -> requireLabels(told, wanted));
    Model known =
        answers
            .labels()
            .filter(wanted -> !knows(told, wanted))
            .map(wanted -> told.with(Edits.keepHead(wanted)))
            .orElse(told);
    Model kept = trainable(known.with(Edits.freeze(Where.head())));
    boolean says = freeze.isPresent() || unfreeze.isPresent(); // else the recipe says what trains
    if (says && kept.trainableVariables().isEmpty()) {
      throw new BadRequestException(
          "the head is kept and "
              + freeze.map(where -> "'" + where + "'").orElse("the rest")
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
  private HeadSpec fitted(HeadSpec spec, Answers answers) {
    HeadSpec formed = form.on(spec);
    if (form.pooling() == HeadSpec.Pooling.NONE && !hasPositions(answers)) {
      throw new BadRequestException(
          "without pooling the head answers for each position, but the data say one thing of each"
              + " example; take another pooling, or give answers for each position.",
          Remedy.POOL_ALL,
          Remedy.ANSWERS_FOR_POSITIONS);
    }
    return form.pooling() == HeadSpec.Pooling.AUTO && hasPositions(answers)
        ? formed.pooling(HeadSpec.Pooling.NONE)
        : formed;
  }

  private static boolean hasPositions(Answers answers) {
    int rank = answers.values().shape().rank();
    return answers.labels().isPresent() && rank > (answers.isOneLabel() ? 1 : 2);
  }

  private Model replaced(Model model, HeadSpec wanted) {
    boolean pools = wanted.pooling() == HeadSpec.Pooling.AUTO && cut.isEmpty();
    HeadSpec spec = // one answer for each example, whatever the old head gave
        pools && HeadFinder.only(model).perPosition()
            ? wanted.pooling(HeadSpec.Pooling.AVERAGE)
            : wanted;
    Model headed =
        cut.isPresent()
            ? model.with(Edits.cut(cut.get()), Edits.addHead(spec))
            : model.with(Edits.replaceHead(carriesOver ? spec.carryOver() : spec));
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
    Model frozen = model.with(Edits.freeze(freeze.orElse(Where.all())));
    return unfreeze.map(where -> frozen.with(Edits.unfreeze(where))).orElse(frozen);
  }

  /**
   * What was left out of {@code backbone} on the way to {@code start} though nobody asked for it,
   * and what could not be, in sentences.
   */
  public static List<String> leftOut(Model backbone, Model start) {
    List<String> sentences = new ArrayList<>();
    for (Signature signature : backbone.signatures().values()) {
      Signature now = start.signatures().get(signature.name());
      String name = "signature '" + signature.name() + "'";
      if (now == null) {
        sentences.add(
            name
                + " is left out: what it gives is not what the new head reads or takes the place of");
      }
    }
    Padding.pooled(start).ifPresent(sentences::add);
    return sentences;
  }

  /** {@code trained} as it is published: an embedding without the head that taught it. */
  public Model finished(Model trained) {
    return head == HeadChoice.EMBEDDING
        ? trained.with(Edits.replaceHead(HeadSpec.embedding())) // of what was pooled already
        : trained;
  }

  private static boolean knows(Model model, Labels wanted) {
    return model.heads().size() == 1
        && model.heads().get(0).labels().stream()
            .anyMatch(own -> own.names().containsAll(wanted.names()));
  }

  /** Whether the model's answers are those wanted, by their labels; numbers have no names. */
  private static boolean tells(Model model, Answers answers) {
    if (model.heads().size() != 1 || answers.labels().isEmpty()) {
      return false;
    }
    Head only = model.heads().get(0);
    Set<String> wanted = Set.copyOf(answers.labels().get().names());
    return only.kind() == OwnHead.kind(answers)
        && only.labels().stream().anyMatch(own -> Set.copyOf(own.names()).equals(wanted));
  }

  /** The new head, if there is to be one. */
  private HeadSpec spec(Answers answers) {
    HeadSpec natural = natural(answers);
    Head.Kind wanted =
        switch (head) {
          case AUTO, KEEP -> natural.kind(); // a kept one is held against the data by training
          case NEW, EMBEDDING -> Head.Kind.SINGLE_LABEL;
          case MULTI_LABEL -> Head.Kind.MULTI_LABEL;
          case REGRESSION -> Head.Kind.REGRESSION;
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
  private static HeadSpec natural(Answers answers) {
    if (answers.labels().isPresent()) {
      Labels labels = answers.labels().get();
      return answers.isOneLabel() ? HeadSpec.singleLabel(labels) : HeadSpec.multiLabel(labels);
    }
    return HeadSpec.regression((int) answers.values().shape().withDim(0, 1).elements());
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
    };
  }
}
