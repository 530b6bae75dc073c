package dev.graft.check;

import dev.graft.error.GraftException;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a check has found out so far, and what became of its steps. */
final class Findings {

  private boolean imported;
  private @Nullable Double parity;
  private int trainable;
  private List<CheckReport.Blocked> blocked = List.of();
  private @Nullable String head;
  private boolean trained;
  private boolean exported;
  private @Nullable Double exportDifference;
  private @Nullable String error;
  private List<Remedy> remedies = List.of();
  private final List<CheckReport.Line> story = new ArrayList<>();

  /** Those of another process, to go on with. */
  static Findings of(CheckReport report) {
    Findings findings = new Findings();
    findings.imported = report.imported();
    findings.parity = report.parityMaxDiff();
    findings.trainable = report.trainable();
    findings.blocked = report.blocked();
    findings.head = report.head();
    findings.trained = report.trained();
    findings.exported = report.exported();
    findings.exportDifference = report.exportMaxDiff();
    findings.error = report.error();
    findings.remedies = report.remedies();
    findings.story.addAll(report.story());
    return findings;
  }

  /** It became a flat graph. */
  void imported() {
    imported = true;
  }

  /** The largest difference to what TensorFlow's own loader makes of it. */
  void parity(double difference) {
    parity = difference;
  }

  /** How many variables a gradient reaches, and what is in the way of the others. */
  void gradients(int reached, List<CheckReport.Blocked> inTheWay) {
    trainable = reached;
    blocked = inTheWay;
  }

  /** The head that was found. */
  void head(String words) {
    head = words;
  }

  /** A training step was taken. */
  void trained() {
    trained = true;
  }

  /** It was exported, with this largest difference. */
  void exported(double difference) {
    exported = true;
    exportDifference = difference;
  }

  /** A line of the story. */
  void tell(String step, String pattern, Object... arguments) {
    tell(new CheckReport.Line(step, String.format(Locale.ROOT, pattern, arguments)));
  }

  /** The same, with what helps. */
  void tell(CheckReport.Line line) {
    story.add(line);
  }

  /** A step failed; the first one that did is why it does not hold. */
  void fail(String step, Throwable e) {
    String reason =
        e instanceof GraftException ? String.valueOf(e.getMessage()) : "unexpected: " + e;
    List<Remedy> ways = e instanceof GraftException known ? known.remedies() : List.of();
    tell(new CheckReport.Line(step, reason, ways));
    if (error == null) {
      error = step + ": " + reason;
      remedies = ways;
    }
  }

  /** The check itself came to an end before its time, which is why it does not hold. */
  void stop(String reason, List<Remedy> ways) {
    tell(new CheckReport.Line("stopped", reason, ways));
    error = reason;
    remedies = ways;
  }

  /** All of it. */
  CheckReport report() {
    return new CheckReport(
        imported,
        parity,
        trainable,
        blocked,
        head,
        trained,
        exported,
        exportDifference,
        error,
        remedies,
        story);
  }
}
