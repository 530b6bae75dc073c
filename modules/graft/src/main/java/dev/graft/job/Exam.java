package dev.graft.job;

import static java.util.Objects.requireNonNull;

import dev.graft.Graft;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.PictureTable;
import dev.graft.data.TableReading;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.edit.Edits;
import dev.graft.words.Remedy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model and pictures whose answers are known, brought together so that {@link Graft#evaluate} can
 * score the one on the others.
 *
 * @param model with one head, which says what its outputs are and mean
 * @param pictures with their labels as that head counts them
 */
public record Exam(Model model, Dataset pictures) {

  public Exam {
    requireNonNull(model, "model");
    requireNonNull(pictures, "pictures");
  }

  /**
   * The exam of a model on a folder or a table. Of a table a head takes what it gives: a label, the
   * columns of labels that it knows, or numbers. Of folders that say which part is for testing only
   * that counts; {@link Dataset#notes} says so.
   *
   * @param data a folder that holds a folder for each label, or a table, see {@link PictureTable}
   * @param labels what the model's outputs mean, in their order, where it does not say so itself
   * @throws BadRequestException if the model has several heads, or nobody said what its outputs
   *     mean, or the data have other answers than it gives
   * @throws BadDataException if the data cannot be read
   */
  public static Exam of(Model model, Path data, Optional<Labels> labels) {
    requireNonNull(model, "model");
    requireNonNull(data, "data");
    requireNonNull(labels, "labels");
    Optional<PictureTable> table =
        Files.isRegularFile(data) ? Optional.of(PictureTable.read(data)) : Optional.empty();
    Model known = known(model, table, new OwnHead(labels));
    Head head = known.heads().get(0);
    Dataset read =
        table
            .map(t -> t.with(reading(head, t).answers()))
            .orElseGet(() -> Dataset.imageFolder(data).scored());
    if (head.kind() == Head.Kind.SINGLE_LABEL && !read.hasLabels()) {
      throw new BadRequestException(
          "the model tells labels apart, and '"
              + data
              + "' holds numbers. "
              + (labels.isPresent() && isLinear(head)
                  ? "If the model gives numbers, leave out the labels. "
                  : "")
              + "A table of labels has one column for them beside 'file'.");
    }
    return new Exam(known, head.labels().map(read::inOrderOf).orElse(read));
  }

  /** The model with a head that says what its outputs mean. */
  private static Model known(Model model, Optional<PictureTable> table, OwnHead own) {
    Model known;
    if (model.heads().isEmpty() && table.isPresent()) {
      Answers answers = own.reading(model, table.get()).answers();
      known = OwnHead.told(own.labelled(model, answers), answers);
    } else {
      known = model.with(own.labels().map(Edits::keepHead).orElseGet(() -> Edits.keepHead()));
    }
    if (known.heads().size() > 1) {
      throw new BadRequestException(
          model.name() + " has several heads, and an exam is of one.", Remedy.EVALUATE);
    }
    Head head = known.heads().get(0);
    if (OwnHead.isUntold(head)) {
      throw OwnHead.untold(
          model,
          head,
          isLinear(head)
              ? "a table of as many numbers if that is what they are"
              : "score it with labels that are known");
    }
    return known;
  }

  private static boolean isLinear(Head head) {
    return head.logits().equals(head.output());
  }

  /** Of several columns of labels those that the model knows. */
  private static TableReading reading(Head head, PictureTable table) {
    return head.kind() == Head.Kind.MULTI_LABEL && head.labels().isPresent()
        ? TableReading.sure(table.anyOf(head.labels().get().names().toArray(new String[0])))
        : OwnHead.reading(head.kind(), table);
  }
}
