package dev.graft.job;

import com.google.common.html.HtmlEscapers;
import dev.graft.data.boxes.BoxDrawing;
import dev.graft.data.boxes.BoxDrawing.Marked;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.error.BadDataException;
import dev.graft.internal.boxes.BoxFindings;
import dev.graft.model.Labels;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.trainer.boxes.Mistakes;
import dev.graft.trainer.boxes.PrecisionCurve;
import dev.graft.words.Printable;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * What a report shows of boxes: how well each label is found, and the pictures with the worst
 * mistakes, what should be found beside what was.
 */
final class BoxReport {

  private static final int PICTURES = 4; // of each kind of mistake
  private static final int SIDE = 360; // of a picture in the page

  private final StringBuilder html = new StringBuilder();
  private final BoxFindings found;
  private final double threshold;

  /**
   * Of what was found.
   *
   * @param threshold the score from which on answers are shown
   */
  BoxReport(BoxFindings found, double threshold) {
    this.found = found;
    this.threshold = threshold;
  }

  /** The part of a page. */
  String section() {
    labels(found.evaluation());
    curves(found.evaluation());
    pictures();
    return html.toString();
  }

  private void labels(BoxEvaluation all) {
    html.append("<h2>Labels, test part</h2>\n<table>\n<tr><th>label</th><th>boxes</th>")
        .append("<th>AP50</th><th>AP</th><th>AP75</th></tr>\n");
    for (LabelPrecision label : all.labels()) {
      html.append("<tr><td>").append(escaped(label.label())).append("</td><td>");
      html.append(label.count()).append("</td>");
      for (String name : List.of("ap50", "ap", "ap75")) {
        double value = label.metrics().getOrDefault(name, BoxEvaluation.NOTHING);
        html.append("<td>").append(BoxEvaluation.words(value)).append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  /** More lines than there are colours nobody tells apart. */
  private void curves(BoxEvaluation all) {
    int most = BoxDrawing.COLOURS.size();
    List<LabelPrecision> shown =
        all.labels().stream()
            .sorted(Comparator.comparingInt(LabelPrecision::count).reversed())
            .limit(most)
            .toList();
    LineChart chart = new LineChart("recall, at an overlap of .5", false);
    int colour = 0;
    for (LabelPrecision label : all.labels()) {
      if (shown.contains(label)) {
        curve(chart, label, colour++);
      }
    }
    html.append("<h2>Precision and recall</h2>\n");
    if (all.labels().size() > most) {
      html.append("<p>Of the ")
          .append(most)
          .append(" labels with most boxes, of ")
          .append(all.labels().size())
          .append(".</p>\n");
    }
    html.append(chart.svg());
  }

  private static void curve(LineChart chart, LabelPrecision label, int colour) {
    if (!label.curves().isEmpty()) {
      List<Double> precision = label.curves().get(0).precision();
      double[] recall =
          IntStream.range(0, PrecisionCurve.POINTS).mapToDouble(PrecisionCurve::recall).toArray();
      chart.line(
          label.label(),
          String.format("#%06x", BoxDrawing.COLOURS.get(colour).getRGB() & 0xFFFFFF),
          recall,
          precision.stream().mapToDouble(Double::doubleValue).toArray());
    }
  }

  private record Page(BoxedPicture picture, List<Detection> shown, Mistakes mistakes) {
    /** The score of the surest answer that is wrong; 0 if none is. */
    double surest() {
      return mistakes.wrong().stream().mapToDouble(Detection::score).max().orElse(0);
    }

    int missed() {
      return mistakes.missed().size();
    }
  }

  private void pictures() {
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < found.pictures().size(); i++) {
      BoxedPicture picture = found.pictures().get(i);
      List<Detection> shown =
          found.answers().get(i).stream().filter(each -> each.score() >= threshold).toList();
      pages.add(new Page(picture, shown, Mistakes.of(picture.boxes(), shown)));
    }
    html.append(
        String.format(
            Locale.ROOT,
            "<h2>The worst mistakes</h2>\n<p>Left: what is drawn on the picture. Right: what was"
                + " found with a score of %.2f or more; with words: found and not there (with its"
                + " score), or there and not found (missed).</p>\n",
            threshold));
    List<Page> sure = worst(pages, Page::surest);
    show("Found with the highest scores, and not there", sure);
    pages.removeAll(sure);
    show("Most missed", worst(pages, Page::missed));
  }

  /** The pages with the largest values, but for those with none. */
  private static List<Page> worst(List<Page> pages, ToDoubleFunction<Page> value) {
    return pages.stream()
        .filter(page -> value.applyAsDouble(page) > 0)
        .sorted(Comparator.comparingDouble(value).reversed())
        .limit(PICTURES)
        .toList();
  }

  private void show(String title, List<Page> pages) {
    if (!pages.isEmpty()) {
      html.append("<h3>").append(title).append("</h3>\n");
      pages.forEach(this::picture);
    }
  }

  private void picture(Page page) {
    Labels labels = found.labels();
    List<Marked> truth = page.picture.boxes().stream().map(box -> new Marked(box, "")).toList();
    List<Marked> answers = new ArrayList<>();
    for (Detection each : page.shown) {
      boolean wrong = page.mistakes.wrong().contains(each);
      String words =
          String.format(Locale.ROOT, "%s %.2f", labels.name(each.box().label()), each.score());
      answers.add(new Marked(each.box(), wrong ? words : ""));
    }
    page.mistakes
        .missed()
        .forEach(box -> answers.add(new Marked(box, "missed " + labels.name(box.label()))));
    html.append("<p>")
        .append(escaped(String.valueOf(page.picture.file().getFileName())))
        .append(": ")
        .append(page.mistakes.wrong().size())
        .append(" wrong, ")
        .append(page.mistakes.missed().size())
        .append(" missed of ")
        .append(page.picture.boxes().size())
        .append("<br>\n");
    image(page.picture, truth);
    image(page.picture, answers);
    html.append("</p>\n");
  }

  private void image(BoxedPicture picture, List<Marked> boxes) {
    try {
      byte[] encoded = Files.readAllBytes(picture.file());
      BufferedImage drawn = BoxDrawing.of(encoded, picture.file(), boxes, SIDE);
      ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
      ImageIO.write(drawn, "jpg", jpeg);
      html.append("<img width=\"")
          .append(drawn.getWidth())
          .append("\" alt=\"\" src=\"data:image/jpeg;base64,")
          .append(Base64.getEncoder().encodeToString(jpeg.toByteArray()))
          .append("\">\n");
    } catch (IOException | BadDataException e) {
      html.append("(it cannot be drawn: ").append(escaped(String.valueOf(e.getMessage())));
      html.append(")\n");
    }
  }

  private static String escaped(String text) {
    return HtmlEscapers.htmlEscaper().escape(Printable.cell(text));
  }
}
