package dev.graft.cli;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.answer.Embedding;
import dev.graft.answer.LabelSet;
import dev.graft.answer.Numbers;
import dev.graft.answer.Prediction;
import dev.graft.answer.Several;
import dev.graft.error.BadRequestException;
import dev.graft.words.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a model says of one example, for a terminal or a program.
 *
 * @param top how many labels or boxes are told, the surest first
 * @param threshold the score from which on they are; none for what is usual
 */
record AnswerText(@Nullable Integer top, @Nullable Double threshold) {

  AnswerText {
    if (top != null && top < 1) {
      throw new BadRequestException("--top takes a number from 1 on, given " + top + ".");
    }
    if (threshold != null && !(threshold >= 0 && threshold <= 1)) {
      throw new BadRequestException(
          "--threshold takes a score from 0 to 1, given " + threshold + ".");
    }
  }

  /** A line for each box or head, else one line, with what the example is called in front. */
  List<String> lines(String name, Answer answer) {
    return ofCells(Printable.cell(name), answer);
  }

  private List<String> ofCells(String called, Answer answer) {
    if (answer instanceof Boxes boxes) {
      return BoxAnswer.lines(called, shown(boxes));
    }
    if (answer instanceof Several several) {
      List<String> lines = new ArrayList<>();
      several
          .answers()
          .forEach((head, its) -> lines.addAll(ofCells(called + "\t" + Printable.cell(head), its)));
      return lines;
    }
    return List.of(called + "\t" + words(answer));
  }

  /** Labels and their scores; or numbers. */
  private String words(Answer answer) {
    if (answer instanceof Prediction || answer instanceof LabelSet) {
      String all =
          told(answer).stream()
              .map(
                  each ->
                      String.format(
                          Locale.ROOT, "%s\t%.4f", Printable.cell(each.label()), each.score()))
              .collect(joining("\t"));
      return all.isEmpty() ? "(none)" : all;
    }
    return numbers(answer).stream()
        .map(number -> String.format(Locale.ROOT, "%.6g", number))
        .collect(joining("\t"));
  }

  /** The best label if one holds, those that hold if any number may. */
  private List<Prediction.Score> told(Answer answer) {
    if (answer instanceof LabelSet set) {
      List<Prediction.Score> all = threshold == null ? set.holding() : set.holding(threshold);
      return top == null ? all : all.subList(0, Math.min(top, all.size()));
    }
    return ((Prediction) answer)
        .top(top == null ? usual((Prediction) answer) : top).stream()
            .filter(each -> threshold == null || each.score() >= threshold)
            .toList();
  }

  /** How many labels are looked at: the best one, or all that have the score that is asked for. */
  private int usual(Prediction prediction) {
    return threshold == null ? 1 : prediction.scores().size();
  }

  private List<Float> numbers(Answer answer) {
    if (top != null || threshold != null) {
      throw new BadRequestException(
          "the model's answer is numbers, of which there are no surest; leave out "
              + (top != null ? "--top." : "--threshold."));
    }
    return answer instanceof Embedding vector ? vector.values() : ((Numbers) answer).values();
  }

  /** The boxes that are told and drawn. */
  Boxes shown(Boxes all) {
    Boxes sure = threshold == null ? all.shown() : all.atLeast(threshold);
    return top == null ? sure : sure.top(top);
  }

  /** Puts the answer into {@code node}; all scores of labels, unless the surest are asked for. */
  void put(ObjectNode node, Answer answer) {
    if (answer instanceof Boxes boxes) {
      BoxAnswer.put(node, shown(boxes));
    } else if (answer instanceof Several several) {
      ObjectNode heads = node.putObject("heads");
      several.answers().forEach((head, its) -> put(heads.putObject(head), its));
    } else if (answer instanceof Prediction prediction) {
      told(answer).stream()
          .limit(1)
          .forEach(best -> node.put("label", best.label()).put("score", best.score()));
      scores(node, prediction);
    } else if (answer instanceof LabelSet set) {
      ArrayNode labels = node.putArray("labels"); // maybe none
      told(answer).forEach(each -> labels.add(each.label()));
      scores(node, new Prediction(set.scores()));
    } else {
      ArrayNode numbers = node.putArray("numbers");
      numbers(answer).forEach(numbers::add);
    }
  }

  private void scores(ObjectNode node, Prediction prediction) {
    ObjectNode scores = node.putObject("scores");
    if (top == null) {
      prediction.scores().forEach(scores::put);
    } else {
      for (Prediction.Score each : prediction.top(top)) {
        scores.put(each.label(), each.score());
      }
    }
  }
}
