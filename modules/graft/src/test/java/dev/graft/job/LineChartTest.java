package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** Charts are well-formed pictures whose lines stay inside and whose names do not collide. */
class LineChartTest {

  private static Document parsed(LineChart chart) throws Exception {
    byte[] svg = chart.svg().getBytes(StandardCharsets.UTF_8);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg));
  }

  private static String attribute(NodeList nodes, int i, String name) {
    return nodes.item(i).getAttributes().getNamedItem(name).getNodeValue();
  }

  @Test
  void linesStayInside() throws Exception {
    double[] x = {1, 2, 3};
    Document svg =
        parsed(
            new LineChart("epoch <1>", false)
                .line("a & b", "#000", x, new double[] {1, Double.NaN, 0.5})
                .line("c", "#111", x, new double[] {0.9, 0.7, 0.5})
                .background("d", "#222", x, new double[] {0.9, 1e9, 0.5}));
    NodeList lines = svg.getElementsByTagName("polyline");
    assertThat(lines.getLength()).isEqualTo(3);
    assertThat(attribute(lines, 0, "points").split(" ")).as("NaN is left out").hasSize(2);
    for (int i = 0; i < 3; i++) {
      for (String point : attribute(lines, i, "points").split(" ")) {
        String[] at = point.split(",");
        assertThat(Double.parseDouble(at[0])).isBetween(0.0, 640.0);
        assertThat(Double.parseDouble(at[1])).isBetween(0.0, 260.0);
      }
    }
    NodeList texts = svg.getElementsByTagName("text");
    List<Double> names = new ArrayList<>();
    for (int i = 0; i < texts.getLength(); i++) {
      String words = texts.item(i).getTextContent();
      if (List.of("a & b", "c", "d").contains(words)) {
        names.add(Double.parseDouble(attribute(texts, i, "y")));
      }
    }
    assertThat(names).hasSize(3);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < i; j++) {
        assertThat(Math.abs(names.get(i) - names.get(j))).isGreaterThanOrEqualTo(13);
      }
    }
  }

  /** Between neighbouring numbers there is no room for ticks. */
  @Test
  void lossesThatDifferInTheirLastDigitAreDrawn() {
    double[] x = {1, 2};
    double[] y = {1e17, Math.nextUp(1e17)};
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () ->
            assertThat(new LineChart("epoch", false).line("a", "#000", x, y).svg()).contains("a"));
  }

  @Test
  void aNameThatWouldMoveTheCursorIsPlain() {
    assertThat(new LineChart("x\u001b[2K", false).svg()).doesNotContain("\u001b");
  }

  @Test
  void powersOfTenAndFlatLines() throws Exception {
    Document svg =
        parsed(
            new LineChart("rate", true)
                .line("flat", "#000", new double[] {1e-7, 1e-3, 1}, new double[] {1, 1, 1})
                .mark(1e-3, "here"));
    NodeList texts = svg.getElementsByTagName("text");
    List<String> words = new ArrayList<>();
    for (int i = 0; i < texts.getLength(); i++) {
      words.add(texts.item(i).getTextContent());
    }
    assertThat(words).contains("1e-07", "0.001", "1", "rate", "here", "flat");
    assertThat(parsed(new LineChart("nothing", false)).getElementsByTagName("polyline").getLength())
        .isZero();
  }
}
