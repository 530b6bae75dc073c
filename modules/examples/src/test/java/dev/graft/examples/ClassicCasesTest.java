package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.model.Labels;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.metric.Evaluation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classic cases of transfer learning, small: each example does what its first line says. */
class ClassicCasesTest {

  private static final String GUIDE = read(Checkout.path("docs/surgery.md"));
  private static final Path SHAPES = Checkout.path("testdata/examples/shapes");

  @Test
  void anotherSizeAndColour() {
    Evaluation test = OtherSize.teach(SHAPES.resolve("model"), SHAPES.resolve("grey"));
    assertThat(test.labels()).isEqualTo(Labels.of("arrow", "bar", "heart", "ring"));
    assertThat(test.accuracy()).isGreaterThanOrEqualTo(0.9);
    assertShown("another size and colour", "accuracy", test.accuracy());
  }

  @Test
  void theSameLabelsOnShiftedPictures() {
    ShiftedPictures.Result result =
        ShiftedPictures.teach(SHAPES.resolve("model"), SHAPES.resolve("fogged"));
    assertThat(result.tuned().accuracy()).isGreaterThan(result.newHead().accuracy() + 0.05);
    assertThat(result.newHead().accuracy()).isGreaterThan(result.untouched().accuracy() + 0.05);
    assertShown("shifted pictures", "accuracy, untouched", result.untouched().accuracy());
    assertShown("shifted pictures", "accuracy, new head", result.newHead().accuracy());
    assertShown(
        "shifted pictures", "accuracy, kept head and tuned layers", result.tuned().accuracy());
  }

  @Test
  void newLabelsForAnEarlierExport(@TempDir Path serving) throws IOException {
    Labels known = Labels.of(Files.readAllLines(SHAPES.resolve("labels.txt")));
    MoreLabels.Result result =
        MoreLabels.teach(SHAPES.resolve("model"), known, SHAPES.resolve("painted"), serving);
    assertThat(result.before().accuracy()).isGreaterThanOrEqualTo(0.95);
    assertThat(result.before().accuracy() - result.after().accuracy()).isLessThanOrEqualTo(0.03);
    assertThat(result.all().count()).isGreaterThan(result.after().count());
    assertThat(result.all().accuracy()).isGreaterThanOrEqualTo(0.9);
    assertShown("more labels", "accuracy on the old labels, before", result.before().accuracy());
    assertShown("more labels", "accuracy on the old labels, after", result.after().accuracy());
    assertShown("more labels", "accuracy on all labels", result.all().accuracy());
    assertThat(serving.resolve("2/saved_model.pb")).exists();
  }

  @Test
  void severalLabelsAtOnce() {
    Evaluation test = Attributes.teach(SHAPES.resolve("model"), SHAPES.resolve("attributes.csv"));
    assertThat(test.accuracy()).as("of each attribute of each picture").isGreaterThan(0.85);
    assertThat(test.metric("auc")).isGreaterThan(0.9);
    assertShown("attributes", "accuracy of each attribute", test.accuracy());
  }

  @Test
  void twoAnswersFromOneBackbone() {
    Evaluation test = TwoAnswers.teach(SHAPES.resolve("model"), SHAPES.resolve("measured.csv"));
    assertThat(test.metric("shape/accuracy")).isGreaterThan(0.9);
    assertThat(test.metric("radius/mae")).as("pixels, of 6 to 13").isLessThan(1.2);
    assertShown("two answers", "accuracy of the shape", test.metric("shape/accuracy"));
    assertShown("two answers", "mean error of the radius in pixels", test.metric("radius/mae"));
  }

  @Test
  void search() {
    double share =
        Search.find(Checkout.path("models/efficientnet-lite0"), Checkout.path("testdata/photos"));
    assertThat(share).isGreaterThan(0.8);
    assertShown("search", "nearest photo of the same label", share);
  }

  @Test
  void text() throws IOException {
    Path films = Checkout.path("testdata/examples/films");
    Evaluation test = Reviews.teach(films.resolve("model"), films.resolve("hotels.csv"));
    assertThat(test.accuracy()).isGreaterThanOrEqualTo(0.9);
    assertShown("text", "accuracy", test.accuracy());
  }

  @Test
  void aRecurrentNetwork() throws IOException {
    Path machines = Checkout.path("testdata/examples/machines");
    Evaluation test = Signals.teach(machines.resolve("model"), machines.resolve("signals.csv"));
    assertThat(test.accuracy()).isGreaterThanOrEqualTo(0.75);
    assertShown("time series", "accuracy", test.accuracy());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The guide's figure is this one, but for what CPUs and small test parts make of it. */
  private static void assertShown(String example, String what, double measured) {
    String row = "\\| \\[?" + example + "(?:\\]\\(.*\\))? \\| " + what + " \\| ([0-9.]+) \\|";
    Matcher figure = Pattern.compile(row).matcher(GUIDE);
    assertThat(figure.find()).as(row).isTrue();
    assertThat(Double.parseDouble(figure.group(1))).isCloseTo(measured, within(0.1));
  }
}
