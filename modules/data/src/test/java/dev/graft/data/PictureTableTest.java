package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureTableTest {

  @TempDir private Path dir = Path.of("");

  @BeforeEach
  void pictures() throws IOException {
    for (int i = 0; i < 3; i++) {
      Files.write(
          dir.resolve("p" + i + ".png"), Pictures.encode(Pictures.gradient(4 + i, 4), "png"));
    }
    Files.writeString(dir.resolve("letter.png"), "Dear table,");
  }

  private PictureTable table(String text) throws IOException {
    return PictureTable.read(Files.writeString(dir.resolve("t.csv"), text));
  }

  @Test
  void aColumnOfTextIsALabel() throws IOException {
    PictureTable table = table("file,kind\np0.png,zebra\np1.png,\"ball, red\"\np2.png,zebra\n");
    Answers answers = table.answers();
    assertThat(answers.values().ints()).containsExactly(1, 0, 1);
    assertThat(answers.labels()).contains(Labels.of("ball, red", "zebra"));
    Dataset data = table.with(answers);
    assertThat(data.isOneLabel()).isTrue();
    assertThat(data.label(1)).isZero();
    assertThat(data.name(2)).endsWith("p2.png");
    assertThat(data.isPictures()).isTrue();
  }

  @Test
  void columnsOfOnesAndZerosAreLabelsAnyNumberOfWhichHold() throws IOException {
    PictureTable table = table("round,file,red\n1,p0.png,0\n1,p1.png,1\n0,p2.png,0\n");
    assertThat(table.columns()).containsExactly("round", "red");
    Answers answers = table.answers();
    assertThat(answers.labels()).contains(Labels.of("round", "red"));
    assertThat(answers.values().floats()).containsExactly(1, 0, 1, 1, 0, 0);
    assertThat(table.with(answers).isOneLabel()).isFalse();
    assertThat(table.anyOf("red").values().shape()).isEqualTo(Shape.of(3, 1));
  }

  /** A model that is taught again or scored has an order of its own. */
  @Test
  void columnsFollowTheOrderOfAModelThatKnowsThem() throws IOException {
    PictureTable table = table("file,a,b,c\np0.png,1,0,0\np1.png,1,1,0\np2.png,0,0,1\n");
    Dataset data = table.with(table.anyOf());
    Answers sorted = data.inOrderOf(Labels.of("c", "a", "b")).answers().get(Batch.ONLY);
    assertThat(sorted.labels()).contains(Labels.of("c", "a", "b"));
    assertThat(sorted.values().floats()).containsExactly(0, 1, 0, 0, 1, 1, 1, 0, 0);
    assertThat(data.inOrderOf(Labels.of("a", "b")).labels())
        .as("not known")
        .isEqualTo(data.labels());
  }

  @Test
  void otherNumbersAreNumbers() throws IOException {
    PictureTable table = table("file, width\n\np0.png, 4.5\np1.png, -5e-1\np2.png, 6\n");
    assertThat(table.answers().labels()).isEmpty();
    assertThat(table.answers().values().floats()).containsExactly(4.5f, -0.5f, 6);
    Dataset both = table.with(Map.of("w", table.numbers("width"), "l", table.oneOf("width")));
    assertThat(both.answers()).containsOnlyKeys("w", "l");
  }

  @Test
  void wholeNumbersWithoutAGapAreLabels() throws IOException {
    PictureTable table = table("file,kind\np0.png,10\np1.png,2\n" + counted(9) + "p2.png,9.0\n");
    TableReading reading = TableReading.of(table);
    assertThat(reading.answers().labels())
        .contains(Labels.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"));
    assertThat(reading.answers().values().ints()).startsWith(9, 1).endsWith(8);
    assertThat(reading.guess())
        .contains(
            Note.of(
                "column 'kind' holds the whole numbers 1 to 10: each is taken for a label",
                Remedy.AS_NUMBERS));
    assertThat(table("file,kind\n" + counted(100)).answers().labels()).isPresent();
    assertThat(table("file,kind\n" + counted(101)).answers().labels()).as("a measure").isEmpty();
  }

  private static String counted(int most) {
    StringBuilder rows = new StringBuilder();
    for (int i = 1; i <= most; i++) {
      rows.append("p0.png,").append(i).append('\n');
    }
    return rows.toString();
  }

  @Test
  void aColumnOfZerosAndOnesHoldsTwoLabels() throws IOException {
    PictureTable table = table("file,spam\np0.png,1\np1.png,0\np2.png,0\n");
    TableReading reading = TableReading.of(table);
    assertThat(reading.answers().labels()).contains(Labels.of("0", "1"));
    assertThat(reading.answers().values().ints()).containsExactly(1, 0, 0);
    assertThat(reading.guess().orElseThrow().sentence()).contains("0 to 1");
    assertThat(reading.guess().orElseThrow().remedies())
        .containsExactly(Remedy.AS_NUMBERS, Remedy.AS_SEVERAL_LABELS);
    assertThat(table.numbers().values().floats()).containsExactly(1, 0, 0);
  }

  @Test
  void otherWholeNumbersArePredictedAloud() throws IOException {
    for (String cells : List.of("1 2 4", "2 3 4", "-1 0 1", "1 2 2.5", "7 7 7")) {
      String[] each = cells.split(" ", -1);
      PictureTable table =
          table("file,n\np0.png," + each[0] + "\np1.png," + each[1] + "\np2.png," + each[2] + "\n");
      TableReading reading = TableReading.of(table);
      assertThat(reading.answers().labels()).as(cells).isEmpty();
      assertThat(reading.guess())
          .contains(Note.of("column 'n' holds numbers, which are predicted", Remedy.AS_LABELS));
    }
  }

  @Test
  void allMissingAndUnfitPicturesAreNamedAtOnce() throws IOException {
    PictureTable table = table("file,k\nnone.png,a\np0.png,b\nletter.png,a\nnot.png,b\n");
    assertThatThrownBy(() -> table.with(table.answers()))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(
            "3 cannot be used", "'none.png'", "letter.png is no picture", "row 4 of");
  }

  @Test
  void whatIsNoTableIsCalledByItsName() throws IOException {
    Path zip = Files.write(dir.resolve("photos.zip"), new byte[] {'P', 'K', 3, 4, (byte) 0xff});
    assertThatThrownBy(() -> PictureTable.read(zip))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("photos.zip is an archive")
        .hasMessageContaining("unpack it");
    assertThatThrownBy(() -> PictureTable.read(dir.resolve("p0.png")))
        .hasMessageContaining("p0.png is a PNG, not a folder");
  }

  /** Java would read these as numbers. */
  @Test
  void textThatBeginsWithADigitIsALabel() throws IOException {
    PictureTable table = table("file,kind\np0.png,2D\np1.png,3D\np2.png,0x1p3\n");
    assertThat(table.answers().labels()).contains(Labels.of("0x1p3", "2D", "3D"));
  }

  @Test
  void aCellThatIsNoNumberAmongNumbersIsNoLabel() throws IOException {
    StringBuilder rows = new StringBuilder("file,width\n");
    for (int i = 0; i < 11; i++) {
      rows.append("p0.png,").append(i).append(".5\n");
    }
    for (String cell : List.of("nan", "")) {
      PictureTable table = table(rows + "p1.png," + cell + "\n");
      assertThatThrownBy(table::answers)
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("row 12 of ")
          .hasMessageContaining(cell.isEmpty() ? "nothing in column 'width'" : "'nan' in column")
          .hasMessageContaining("where a number is expected");
      assertThat(table(rows + "p1.png,1e9\n").answers().labels()).isEmpty();
    }
    PictureTable labels = table("file,kind\np0.png,1\np1.png,2\np2.png,many\n");
    assertThat(labels.answers().labels()).contains(Labels.of("1", "2", "many"));
  }

  @Test
  void excelBeginsATableWithAByteOrderMark() throws IOException {
    for (String file : List.of("file", "\"file\"")) {
      PictureTable table = table("\uFEFF" + file + ",kind\r\np0.png,b\r\np1.png,a\r\n");
      assertThat(table.with(table.answers()).size()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|is empty",
        "`name,kind\\np0.png,a`|one, 'file', holds",
        "`file,kind,kind\\np0.png,a,b`|different names",
        "`file\\np0.png`|a column to learn",
        "`file,kind`|a row for each",
        "`file,kind\\np0.png,a\\np1.png`|row 2 of .* has 1 values for 2 columns",
        "`file,kind\\np0.png,a\\nnone.png,b`|row 2 of .* 'none.png', which is not there",
        "`file,kind\\np0.png,a\\nletter.png,b`|letter.png is ",
        "`file,kind\\np0.png,a\\np1.png,`|row 2 of .* is without a label in column 'kind'",
        "`file,kind\\np0.png,a\\np1.png,a`|one label only",
        "`file,a,b\\np0.png,1,x`|row 1 of .* has 'x' in column 'b'",
        "`file,a,b\\np0.png,1,NaN`|has 'NaN' in column 'b'",
        "`file,kind\\np0.png,\"a`|no CSV table",
      })
  void whatIsWrongIsExplainedWithItsPlace(String text, String words) {
    assertThatThrownBy(
            () -> {
              PictureTable table = table(text.replace("\\n", "\n"));
              table.with(table.answers());
            })
        .isInstanceOf(BadDataException.class)
        .hasMessageMatching("(?s).*" + words + ".*")
        .hasMessageContaining(words.startsWith("letter") ? "letter.png" : "t.csv");
  }

  @Test
  void anUnknownColumnOrFile() throws IOException {
    PictureTable table = table("file,kind\np0.png,a\np1.png,b\n");
    assertThatThrownBy(() -> table.oneOf("knd"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no column 'knd'; it has [kind]");
    assertThatThrownBy(() -> PictureTable.read(dir.resolve("nowhere.csv")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("nowhere.csv");
    byte[] binary = {(byte) 0xff, (byte) 0xfe, 0, 1};
    Path file = Files.write(dir.resolve("binary.csv"), binary);
    assertThatThrownBy(() -> PictureTable.read(file)).isInstanceOf(BadDataException.class);
  }

  @Test
  void severalColumnsOfNumbersArePredictedAloud() throws IOException {
    PictureTable table = table("file,a,b\np0.png,1,0.5\np1.png,1,1\np2.png,0,0\n");
    assertThat(TableReading.of(table).answers().labels()).isEmpty();
    assertThat(TableReading.of(table).guess())
        .contains(
            Note.of("the columns hold numbers, which are predicted", Remedy.AS_SEVERAL_LABELS));
  }
}
