package dev.graft.job;

import com.google.common.html.HtmlEscapers;
import dev.graft.words.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws lines over a common axis as SVG: what a report needs of a plotting library. */
final class LineChart {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 260;
  private static final int LEFT = 56;
  private static final int RIGHT = 110; // the lines' names stand at their ends
  private static final int TOP = 12;
  private static final int BOTTOM = 40;
  private static final int TICKS = 5;
  private static final double APART = 13; // pixels between two names

  private final String across;
  private final boolean logarithmic;
  private final List<Line> lines = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();

  private record Line(String name, String colour, double[] x, double[] y, boolean mayLeave) {}

  private record Mark(double x, String words) {}

  /**
   * An empty chart.
   *
   * @param across what the horizontal axis counts
   * @param logarithmic whether it does so by powers of ten
   */
  LineChart(String across, boolean logarithmic) {
    this.across = across;
    this.logarithmic = logarithmic;
  }

  /** Adds a line; points that are not finite are left out. */
  LineChart line(String name, String colour, double[] x, double[] y) {
    lines.add(new Line(name, colour, x.clone(), y.clone(), false));
    return this;
  }

  /** Adds a line that is cut off where it goes higher than all others. */
  LineChart background(String name, String colour, double[] x, double[] y) {
    lines.add(new Line(name, colour, x.clone(), y.clone(), true));
    return this;
  }

  /** Adds a vertical mark. */
  LineChart mark(double x, String words) {
    marks.add(new Mark(x, words));
    return this;
  }

  /** The picture, to stand in an HTML page or a file of its own. */
  String svg() {
    double[] x = range(lines.stream().map(Line::x).toList(), false);
    double[] y = range(lines.stream().filter(l -> !l.mayLeave()).map(Line::y).toList(), true);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" font-family=\"system-ui, sans-serif\" font-size=\"12\""
                + " fill=\"#444\">%n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT));
    for (double tick : ticks(y[0], y[1])) {
      double at = down(tick, y);
      svg.append(stroke(LEFT, at, WIDTH - RIGHT, at, "#e4e4e4"));
      svg.append(text(LEFT - 8, at + 4, "end", "#444", number(tick)));
    }
    for (double tick : logarithmic ? powers(x[0], x[1]) : wholeTicks(x[0], x[1])) {
      double at = along(tick, x);
      svg.append(stroke(at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 4, "#999"));
      svg.append(text(at, HEIGHT - BOTTOM + 18, "middle", "#444", number(tick)));
    }
    svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", "#444", across));
    for (Mark mark : marks) {
      double at = along(mark.x(), x);
      svg.append(stroke(at, TOP, at, HEIGHT - BOTTOM, "#999\" stroke-dasharray=\"3 3"));
      svg.append(text(at + 4, TOP + 10, "start", "#444", mark.words()));
    }
    List<Double> taken = new ArrayList<>();
    lines.forEach(line -> svg.append(drawn(line, x, y, taken)));
    return svg.append("</svg>\n").toString();
  }

  private String drawn(Line line, double[] x, double[] y, List<Double> taken) {
    StringBuilder points = new StringBuilder();
    double last = Double.NaN;
    for (int i = 0; i < line.x().length; i++) {
      if (Double.isFinite(line.y()[i])) {
        last = down(Math.min(y[1], Math.max(y[0], line.y()[i])), y);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", along(line.x()[i], x), last));
      }
    }
    if (Double.isNaN(last)) {
      return "";
    }
    double name = last;
    while (!isFree(name, taken)) {
      name = last - taken.get(0) >= 0 ? name + 1 : name - 1;
    }
    taken.add(name);
    String dots =
        line.x().length == 1
            ? String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                along(line.x()[0], x),
                last,
                line.colour())
            : "";
    return String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
            points.toString().strip(),
            line.colour())
        + dots
        + text(WIDTH - RIGHT + 6, name + 4, "start", line.colour(), line.name());
  }

  private static boolean isFree(double at, List<Double> taken) {
    return taken.stream().noneMatch(other -> Math.abs(other - at) < APART);
  }

  private double along(double value, double[] range) {
    double from = scaled(range[0]);
    double to = scaled(range[1]);
    return LEFT + (WIDTH - LEFT - RIGHT) * (scaled(value) - from) / Math.max(1e-12, to - from);
  }

  private double scaled(double value) {
    return logarithmic ? Math.log10(value) : value;
  }

  private static double down(double value, double[] range) {
    double part = (value - range[0]) / (range[1] - range[0]);
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part;
  }

  private static double[] range(List<double[]> all, boolean padded) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double[] values : all) {
      for (double value : values) {
        if (Double.isFinite(value)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (low > high) {
      return new double[] {0, 1};
    }
    double pad = padded ? (high > low ? 0.05 * (high - low) : 0.05 + 0.1 * Math.abs(high)) : 0;
    return new double[] {low - pad, high + pad};
  }

  /** Round numbers in a range. */
  private static List<Double> ticks(double low, double high) {
    double rough = (high - low) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(1e-12, rough))));
    double step = 10 * power;
    for (double nice : new double[] {5, 2, 1}) {
      step = nice * power >= rough ? nice * power : step;
    }
    List<Double> found = new ArrayList<>();
    if (step < Math.ulp(Math.max(Math.abs(low), Math.abs(high)))) {
      return List.of(low); // adding it would lead nowhere
    }
    for (double tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
      found.add(Math.abs(tick) < step * 1e-9 ? 0 : tick);
    }
    return found;
  }

  private static List<Double> wholeTicks(double low, double high) {
    return ticks(low, Math.max(high, low + 1)).stream()
        .filter(tick -> tick == Math.rint(tick) && tick <= high)
        .toList();
  }

  private static List<Double> powers(double low, double high) {
    List<Double> found = new ArrayList<>();
    for (int power = (int) Math.ceil(Math.log10(low) - 1e-9);
        power <= Math.floor(Math.log10(high) + 1e-9);
        power++) {
      found.add(Math.pow(10, power));
    }
    return found;
  }

  private static String number(double value) {
    if (value != 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
      return String.format(Locale.ROOT, "%.0e", value);
    }
    String plain = String.format(Locale.ROOT, "%.4f", value);
    return plain.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  private static String stroke(double x1, double y1, double x2, double y2, String colour) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
        x1,
        y1,
        x2,
        y2,
        colour);
  }

  private static String text(double x, double y, String anchor, String colour, String words) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        colour,
        HtmlEscapers.htmlEscaper().escape(Printable.cell(words)));
  }
}
