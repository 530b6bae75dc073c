package dev.graft.job;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Answers;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Padding;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is done to a backbone before it learns, as a value: which part stays frozen, what becomes of
 * its output layer, which pictures it takes. The flags of {@code graft finetune}. Start from {@link
 * #standard} and change what differs; whoever needs more writes the edits of {@link Edits} one by
 * one.
 */
public final class Surgery {

  private final Fields set;

  /**
   * A size in pixels.
   *
   * @param height rows
   * @param width columns
   */
  public record Size(int height, int width) {}

  private Surgery(Fields set) {
    this.set = set;
    if (set.cut.isPresent() && set.head == HeadChoice.KEEP) {
      throw new BadRequestException(
          "a head is either kept, or the model is cut before it at '"
              + set.cut.get()
              + "'; not both.");
    }
    if (!set.form.equals(HeadForm.standard()) && set.head == HeadChoice.KEEP) {
      throw new BadRequestException(
          "pooling, hidden layers and dropout are of a new head, but the head is to be kept; leave"
              + " them out, or take a new one.");
    }
    if (set.head == HeadChoice.BOXES
        && (set.carriesOver || set.labels.isPresent() || !set.form.equals(HeadForm.standard()))) {
      throw new BadRequestException(
          "pooling, hidden layers, dropout, labels of the old answer and weights that are carried over"
              + " are of heads that answer once for a picture; a head for boxes is made in one way,"
              + " so leave them out.");
    }
    if (set.carriesOver && (set.cut.isPresent() || set.head == HeadChoice.KEEP)) {
      throw new BadRequestException(
          "weights are carried over from a head that is replaced by a new one; with carry-over,"
              + " neither cut nor keep it.");
    }
  }

  /** The backbone frozen, its head kept if the labels are the same, else a new one. */
  public static Surgery standard() {
    return new Surgery(new Fields());
  }

  private Surgery with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new Surgery(next);
  }

  /** What becomes of the output layer. */
  public HeadChoice head() {
    return set.head;
  }

  /** This with another choice for the output layer. */
  public Surgery head(HeadChoice value) {
    return with(next -> next.head = requireNonNull(value, "head"));
  }

  /**
   * What stays as it is of the backbone; if empty, all of it, or all that {@link #unfreeze()} does
   * not name, and the recipe says what trains of a backbone that is frozen whole.
   */
  public Optional<Where> freeze() {
    return set.freeze;
  }

  /** This with this part frozen, and the rest of the backbone as it was saved. */
  public Surgery freeze(Where value) {
    requireNonNull(value, "freeze");
    return with(next -> next.freeze = Optional.of(value));
  }

  /**
   * What trains besides a new head, even if {@link #freeze()} names it; a head that is kept trains
   * only if this names it.
   */
  public Optional<Where> unfreeze() {
    return set.unfreeze;
  }

  /** This with this part training. */
  public Surgery unfreeze(Where value) {
    requireNonNull(value, "unfreeze");
    return with(next -> next.unfreeze = Optional.of(value));
  }

  /**
   * The layer or tensor to put the new head on; if empty, where the old one was. For boxes several
   * with commas between, the maps that are read; if empty, they are found.
   */
  public Optional<String> cut() {
    return set.cut;
  }

  /** This with the new head on that layer or tensor. */
  public Surgery cut(String value) {
    requireNonNull(value, "cut");
    return with(next -> next.cut = Optional.of(value));
  }

  /** What the model's own outputs mean, in their order, where it does not say so itself. */
  public Optional<Labels> labels() {
    return set.labels;
  }

  /** This, knowing what the model's own outputs mean. */
  public Surgery labels(Labels value) {
    requireNonNull(value, "labels");
    return with(next -> next.labels = Optional.of(value));
  }

  /** Whether labels that stay start with the weights they had. */
  public boolean carriesOver() {
    return set.carriesOver;
  }

  /** This with the weights of labels that stay. */
  public Surgery carryOver() {
    return with(next -> next.carriesOver = true);
  }

  /** The size of the pictures that the network is rebuilt for; if empty, its own. */
  public Optional<Size> size() {
    return set.size;
  }

  /** This for pictures of another size. */
  public Surgery size(int height, int width) {
    return with(next -> next.size = Optional.of(new Size(height, width)));
  }

  /** What a new head is made of. */
  public HeadForm form() {
    return set.form;
  }

  /** This with a new head of another form. */
  public Surgery form(HeadForm value) {
    return with(next -> next.form = requireNonNull(value, "form"));
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
    requireNonNull(backbone, "backbone");
    requireNonNull(answers, "answers");
    return new Operation(this, answers).on(backbone, seed);
  }

  /** Whether {@code backbone} keeps its head, to learn {@code answers}. */
  boolean keeps(Model backbone, Answers answers) {
    return new Operation(this, answers).keeps(backbone);
  }

  /** The model's own head, and what is said of it. */
  OwnHead own() {
    return new OwnHead(set.labels);
  }

  /**
   * What was left out of {@code backbone} on the way to {@code start} though nobody asked for it,
   * and what could not be, in sentences.
   */
  public static List<String> leftOut(Model backbone, Model start) {
    requireNonNull(backbone, "backbone");
    requireNonNull(start, "start");
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
    requireNonNull(trained, "trained");
    return set.head == HeadChoice.EMBEDDING
        ? trained.with(Edits.replaceHead(HeadSpec.embedding())) // of what was pooled already
        : trained;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Surgery surgery && surgery.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "Surgery" + set.all();
  }

  private static final class Fields {
    private HeadChoice head = HeadChoice.AUTO;
    private Optional<Where> freeze = Optional.empty();
    private Optional<Where> unfreeze = Optional.empty();
    private Optional<String> cut = Optional.empty();
    private Optional<Labels> labels = Optional.empty();
    private boolean carriesOver;
    private Optional<Size> size = Optional.empty();
    private HeadForm form = HeadForm.standard();

    private Fields copy() {
      Fields copy = new Fields();
      copy.head = head;
      copy.freeze = freeze;
      copy.unfreeze = unfreeze;
      copy.cut = cut;
      copy.labels = labels;
      copy.carriesOver = carriesOver;
      copy.size = size;
      copy.form = form;
      return copy;
    }

    private List<Object> all() {
      return List.of(head, freeze, unfreeze, cut, labels, carriesOver, size, form);
    }
  }
}
