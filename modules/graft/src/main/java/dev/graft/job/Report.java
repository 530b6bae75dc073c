package dev.graft.job;

import com.google.common.base.Splitter;
import com.google.common.html.HtmlEscapers;
import dev.graft.internal.place.ModelFolder;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.words.Printable;
import dev.graft.words.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What became of a run, as one HTML page that needs nothing else. */
final class Report {

  private static final String TRAIN = "#0072b2"; // colours that the colour-blind tell apart
  private static final String VALIDATION = "#d55e00";
  private static final int MOST_LABELS = 40; // a larger table of confusions says nothing

  private final StringBuilder html = new StringBuilder();

  private final String scored;
  private final Evaluation score;
  private final String more;

  /**
   * A report.
   *
   * @param scored on which part {@code score} was made
   * @param more a further part of the page, in HTML
   */
  Report(String scored, Evaluation score, String more) {
    this.scored = scored;
    this.score = score;
    this.more = more;
  }

  /**
   * The page.
   *
   * @param name of the run
   * @param log the table of epochs, if there is one
   */
  String page(String name, Job job, Run run, Path log) throws IOException {
    head(name);
    summary(job, run);
    curves(log);
    if (score.perLabel().size() == 1) {
      labels();
    }
    if (score.classification().isPresent()) {
      confusion();
    }
    html.append(more);
    decisions(run);
    return html.append("</body></html>\n").toString();
  }

  /** A rate test as a picture of its own. */
  static String of(RateCurve curve) {
    double[] rates = curve.points().stream().mapToDouble(RateCurve.Point::rate).toArray();
    double[] losses = curve.points().stream().mapToDouble(RateCurve.Point::loss).toArray();
    double[] smoothed = curve.points().stream().mapToDouble(RateCurve.Point::smoothed).toArray();
    LineChart chart =
        new LineChart("learning rate", true)
            .background("loss", "#9ecae1", rates, losses)
            .line("smoothed", TRAIN, rates, smoothed);
    curve
        .suggestion()
        .ifPresent(rate -> chart.mark(rate, String.format(Locale.ROOT, "%.1e", rate)));
    return chart.svg();
  }

  private void head(String name) {
    html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escaped(name))
        .append(
            """
            </title>
            <meta name="viewport" content="width=device-width">
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 46rem; \
            margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
            table { border-collapse: collapse; } td, th { padding: .2rem .7rem; text-align: right; }
            th { font-weight: 500; color: #666; } td:first-child, th:first-child { text-align: left; }
            tr + tr td { border-top: 1px solid #eee; }
            .confusion td { border: 1px solid #fff; min-width: 2rem; text-align: center; }
            .confusion td:first-child { text-align: left; }
            .summary td { text-align: left; } .summary td:first-child { color: #666; }
            ul { padding-left: 1.1rem; } svg { max-width: 100%; height: auto; }
            </style></head><body>
            """)
        .append("<h1>")
        .append(escaped(name))
        .append("</h1>\n");
  }

  private void summary(Job job, Run run) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("model", ModelFolder.name(job.model())));
    rows.add(List.of("pictures", job.pictures() + ""));
    rows.add(List.of("recipe", run.recipe().name() + ", seed " + run.recipe().seed()));
    TrainingEvent.Features features = run.features();
    rows.add(
        List.of(
            "features",
            format(
                "computed of %d pictures, kept from earlier runs of %d",
                features.computed(), features.reused())));
    if (features.bytes() > 0) {
      String size = format("%.1f MB on disk, of all models", features.bytes() / 1e6);
      rows.add(List.of("features kept", size));
    }
    if (score.classification().isPresent()) {
      rows.add(
          List.of(
              scored,
              format(
                  "%d of %d right: %.3f (95%% interval %.2f to %.2f)",
                  score.correct(),
                  score.count(),
                  score.accuracy(),
                  score.interval().low(),
                  score.interval().high())));
    }
    score
        .metrics()
        .forEach((name, value) -> rows.add(List.of(scored + " " + name, format("%.3f", value))));
    run.times()
        .forEach(
            (phase, time) ->
                rows.add(
                    List.of(
                        "time, " + Words.spoken(phase), format("%.1f s", time.toMillis() / 1e3))));
    html.append("<div class=\"summary\">\n");
    table(List.of(), rows);
    html.append("</div>\n");
  }

  private void curves(Path log) throws IOException {
    if (!Files.exists(log)) {
      return;
    }
    List<String> lines = Files.readAllLines(log);
    if (lines.isEmpty()) {
      return; // as a power cut may leave it
    }
    List<String> header = Splitter.on(',').splitToList(lines.get(0));
    int epochs = lines.size() - 1;
    double[][] columns = new double[header.size()][epochs];
    double[] passes = new double[epochs];
    for (int row = 0; row < epochs; row++) {
      List<String> cells = Splitter.on(',').splitToList(lines.get(row + 1));
      passes[row] = row + 1;
      for (int i = 0; i < Math.min(cells.size(), header.size()); i++) {
        columns[i][row] = Double.parseDouble(cells.get(i));
      }
    }
    LineChart loss =
        new LineChart("epoch", false)
            .line("training", TRAIN, passes, columns[header.indexOf("loss")])
            .line("validation", VALIDATION, passes, columns[header.indexOf("val_loss")]);
    LineChart metric = new LineChart("epoch", false);
    int accuracy = header.indexOf("val_accuracy");
    if (accuracy >= 0) {
      metric.line("validation", VALIDATION, passes, columns[accuracy]);
    }
    for (int row = 1; row < epochs; row++) {
      if (columns[0][row] != columns[0][row - 1]) {
        loss.mark(row + 0.5, format("stretch %.0f", columns[0][row]));
        metric.mark(row + 0.5, "");
      }
    }
    html.append("<h2>Loss of fine-tuning</h2>\n").append(loss.svg());
    if (accuracy >= 0) {
      html.append("<h2>Accuracy of fine-tuning</h2>\n").append(metric.svg());
    }
  }

  private void labels() {
    List<List<String>> rows = new ArrayList<>();
    for (LabelScore label : score.perClass()) {
      rows.add(
          List.of(
              label.label(),
              label.count() + "",
              format("%.3f", label.precision()),
              format("%.3f", label.recall()),
              format("%.3f", label.f1())));
    }
    html.append("<h2>Labels, ").append(escaped(scored)).append(" part</h2>\n");
    table(List.of("label", "pictures", "precision", "recall", "F1"), rows);
  }

  private void confusion() {
    int count = score.labels().size();
    if (count > MOST_LABELS) {
      return;
    }
    html.append("<h2>Confusion, ")
        .append(escaped(scored))
        .append(" part</h2>\n<p>Rows: what a picture is. Columns: what it was taken for.</p>\n")
        .append("<table class=\"confusion\"><tr><th></th>");
    score.labels().names().forEach(name -> cell("th", "", name));
    html.append("</tr>\n");
    for (int row = 0; row < count; row++) {
      List<Integer> of = score.confusion().get(row);
      int all = Math.max(1, of.stream().mapToInt(Integer::intValue).sum());
      html.append("<tr>");
      cell("td", "", score.labels().names().get(row));
      for (int column = 0; column < count; column++) {
        double part = (double) of.get(column) / all;
        String colour = row == column ? "0, 114, 178" : "213, 94, 0";
        cell(
            "td",
            format(" style=\"background: rgba(%s, %.2f)\"", colour, 0.05 + 0.75 * part),
            of.get(column) == 0 ? "" : of.get(column) + "");
      }
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  private void decisions(Run run) {
    html.append("<h2>Decisions</h2>\n<ul>\n");
    run.decisions()
        .forEach(sentence -> html.append("<li>").append(escaped(sentence)).append("</li>\n"));
    html.append("</ul>\n");
  }

  private void table(List<String> header, List<List<String>> rows) {
    html.append("<table>\n");
    if (!header.isEmpty()) {
      html.append("<tr>");
      header.forEach(name -> cell("th", "", name));
      html.append("</tr>\n");
    }
    for (List<String> row : rows) {
      html.append("<tr>");
      row.forEach(value -> cell("td", "", value));
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  private void cell(String tag, String attributes, String words) {
    html.append('<').append(tag).append(attributes).append('>');
    html.append(escaped(words)).append("</").append(tag).append('>');
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String escaped(String text) {
    return HtmlEscapers.htmlEscaper().escape(Printable.cell(text));
  }
}
