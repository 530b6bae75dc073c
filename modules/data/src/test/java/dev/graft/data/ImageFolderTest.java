package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.protobuf.ByteString;
import dev.graft.error.BadDataException;
import dev.graft.model.Labels;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

  @TempDir Path temp;
  private Path root;

  @BeforeEach
  void twoLabels() throws IOException {
    root = temp.resolve("photos");
    picture("cat/b.jpg", 1);
    picture("cat/a.jpg", 2);
    picture("dog/x.png", 3);
  }

  private void picture(String name, int variant) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, Pictures.encode(Pictures.gradient(20 + variant, 10), suffix(name)));
  }

  private static String suffix(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  @Test
  void labelsAndPicturesComeInTheOrderOfTheirNames() {
    Dataset dataset = Dataset.imageFolder(root);
    assertThat(dataset.labels()).isEqualTo(Labels.of("cat", "dog"));
    assertThat(dataset.perLabel()).containsExactly(2, 1);
    assertThat(dataset.name(0)).endsWith("a.jpg");
    assertThat(dataset.name(1)).endsWith("b.jpg");
    assertThat(dataset.batch(new int[] {2, 0}).targets().get(Batch.ONLY).ints())
        .containsExactly(1, 0);
    assertThat(dataset.batch(new int[] {0, 2}).encoded().strings()).hasSize(2);
  }

  @Test
  void hiddenFilesAndClutterArePassedOver() throws IOException {
    Files.writeString(root.resolve("cat/.DS_Store"), "x");
    Files.writeString(root.resolve("dog/Thumbs.db"), "x");
    Files.createDirectories(root.resolve(".git"));
    Files.writeString(root.resolve("CREDITS"), "who took them");
    assertThat(Dataset.imageFolder(root).size()).isEqualTo(3);
  }

  @Test
  void aPictureIsKnownByItsContentNotItsName() throws IOException {
    Files.write(root.resolve("cat/named.txt"), Pictures.encode(Pictures.gradient(9, 9), "gif"));
    assertThat(Dataset.imageFolder(root).size()).isEqualTo(4);
    Files.writeString(root.resolve("cat/notes.jpg"), "these are notes");
    assertBad("notes.jpg is no picture");
  }

  @Test
  void formatsThatCannotBeDecodedAreNamed() throws IOException {
    Files.write(root.resolve("cat/w.jpg"), "RIFF0000WEBPVP8 ".getBytes(StandardCharsets.US_ASCII));
    assertBad("w.jpg is a WebP picture; only JPEG, PNG, GIF and BMP can be read");
  }

  @Test
  void badFoldersAreNamedWithTheRemedy() throws IOException {
    assertThatThrownBy(() -> Dataset.imageFolder(temp.resolve("none")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("there is no folder");
    assertThatThrownBy(() -> Dataset.imageFolder(root.resolve("cat")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("holds no folders");
    Files.createDirectories(root.resolve("fish"));
    assertBad("fish is empty");
    Files.createDirectories(root.resolve("fish/deeper"));
    assertBad("is a folder inside the folder of a label");
  }

  @Test
  void allThatCannotBeUsedIsNamedAtOnce() throws IOException {
    Files.write(root.resolve("cat/w.jpg"), "RIFF0000WEBPVP8 ".getBytes(StandardCharsets.US_ASCII));
    Files.write(root.resolve("dog/empty.jpg"), new byte[0]);
    assertThatThrownBy(() -> Dataset.imageFolder(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(
            "2 cannot be used", "w.jpg is a WebP picture", "empty.jpg is empty")
        .hasMessageContaining("Convert them, or take them out.");
    for (int i = 0; i < 30; i++) {
      Files.writeString(root.resolve("dog/notes" + i), "notes");
    }
    assertThatThrownBy(() -> Dataset.imageFolder(root))
        .hasMessageContainingAll("32 cannot be used", "w.jpg", "and 22 more");
  }

  @Test
  void picturesBesideTheFoldersOfLabelsAreToldOf() throws IOException {
    assertThat(Dataset.imageFolder(root).notes()).isEmpty();
    Files.writeString(root.resolve("CREDITS"), "who took them");
    for (int i = 0; i < 5; i++) {
      Files.copy(root.resolve("cat/a.jpg"), root.resolve("loose" + i + ".jpg"));
    }
    assertThat(Dataset.imageFolder(root).notes())
        .singleElement()
        .asString()
        .startsWith("5 pictures lie beside the folders of labels")
        .contains("loose0.jpg", "and 2 more")
        .doesNotContain("CREDITS");
  }

  @Test
  void aPipeIsNotWaitedFor() throws Exception {
    Path pipe = root.resolve("cat/p.jpg");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertBad("p.jpg is no file but a pipe or device"));
  }

  @Test
  void aPictureInMemoryIsLookedAtToo() throws IOException {
    byte[] png = Pictures.encode(Pictures.gradient(8, 8), "png");
    Dataset fine = inMemory(png, png);
    assertThat(fine.size()).isEqualTo(2);
    byte[] bomb = png.clone();
    ByteBuffer.wrap(bomb).putInt(16, 30_000).putInt(20, 30_000);
    assertThatThrownBy(() -> inMemory(png, bomb))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("row 1 is a PNG of 30,000 x 30,000 pixels");
  }

  private static Dataset inMemory(byte[]... pictures) {
    return Dataset.pictures(
        List.of(pictures), Answers.oneOf(Labels.of("a", "b"), new int[] {0, 1}));
  }

  /** As an archive of macOS has the names of folders. */
  @Test
  void aLabelIsTheSameHoweverItsAccentIsWritten() throws IOException {
    picture("cafe\u0301/a.png", 4);
    assertThat(Dataset.imageFolder(root).labels()).isEqualTo(Labels.of("caf\u00e9", "cat", "dog"));
    assertThat(Dataset.imageFolder(root).labels().names()).contains("caf\u00e9");
    assertThat(Labels.of("cafe\u0301").names()).containsExactly("caf\u00e9");
  }

  @Test
  void aLabelWithALineBreakIsRefused() throws IOException {
    picture("two\nlines/a.png", 4);
    assertBad("line break or another control character");
  }

  private void partsOfTwoLabels(String... parts) throws IOException {
    root = temp.resolve("parted");
    for (int part = 0; part < parts.length; part++) {
      for (int i = 0; i < 10; i++) {
        picture(parts[part] + "/cat/" + i + ".png", 10 * part + i);
        picture(parts[part] + "/dog/" + i + ".png", 200 + 10 * part + i);
      }
    }
  }

  @Test
  void foldersOfPartsAreTakenAtTheirWord() throws IOException {
    partsOfTwoLabels("train", "valid", "Test");
    Dataset all = Dataset.imageFolder(root);
    assertThat(all.labels()).isEqualTo(Labels.of("cat", "dog"));
    Parts parts = all.split(Split.of(60, 20, 20).seed(3));
    assertAllOf(parts.train(), "train", 20);
    assertAllOf(parts.validation(), "valid", 20);
    assertAllOf(parts.test(), "Test", 20);
    assertThat(parts.notes())
        .containsExactly("training and validation and test parts as the data say");
    assertThat(all.split(Split.of(1, 1, 1).perLabel(4)).train().perLabel()).containsExactly(4, 4);
    assertAllOf(all.scored(), "Test", 20);
    assertThat(all.scored().notes()).singleElement().asString().contains("20 of 60", "test part");
  }

  private void assertAllOf(Dataset part, String folder, int size) {
    assertThat(part.size()).isEqualTo(size);
    for (int i = 0; i < size; i++) {
      assertThat(part.name(i)).startsWith(root.resolve(folder).toString());
    }
  }

  @Test
  void partsThatAreNotToldAreDrawn() throws IOException {
    partsOfTwoLabels("train", "test");
    Parts parts = Dataset.imageFolder(root).split(Split.of(60, 20, 20));
    assertAllOf(parts.test(), "test", 20);
    assertAllOf(parts.validation(), "train", 4);
    assertAllOf(parts.train(), "train", 16);
    assertThat(parts.notes())
        .containsExactly(
            "training and test parts as the data say; validation part drawn from what is for"
                + " training");
  }

  @Test
  void whatIsLearnedFromAndScoredIsToldOf() throws IOException {
    partsOfTwoLabels("train", "val");
    Files.copy(root.resolve("train/cat/1.png"), root.resolve("val/cat/copy.png"));
    assertThat(Dataset.imageFolder(root).split(Split.of(60, 20, 20)).notes().get(1))
        .contains("1 of the validation part are equal to one that is learned from");
    picture("val/fish/a.png", 99);
    assertBad("train has no pictures of [fish]");
  }

  @Test
  void partsThatCannotBeMeantAreRefused() throws IOException {
    partsOfTwoLabels("val", "test");
    assertBad("no folder 'train' to learn from");
    picture("train/cat/a.png", 1);
    picture("fish/a.png", 2);
    assertBad("beside these fish without");
  }

  /** Trains and tests may be what is to be told apart. */
  @Test
  void foldersCalledSoThatHoldPicturesAreLabels() throws IOException {
    root = temp.resolve("rails");
    picture("train/a.png", 1);
    picture("test/a.png", 2);
    assertThat(Dataset.imageFolder(root).labels()).isEqualTo(Labels.of("test", "train"));
  }

  @Test
  void oneLabelOnlyIsRefused() throws IOException {
    Files.delete(root.resolve("dog/x.png"));
    Files.delete(root.resolve("dog"));
    assertBad("holds one label only ('cat')");
  }

  private void assertBad(String message) {
    assertThatThrownBy(() -> Dataset.imageFolder(root))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(message);
  }

  @Test
  void duplicatesStayInOnePart() throws IOException {
    for (int i = 0; i < 12; i++) {
      picture("cat/c" + i + ".png", 100 + i);
      picture("dog/d" + i + ".png", 200 + i);
      Files.copy(root.resolve("dog/d" + i + ".png"), root.resolve("dog/copy" + i + ".png"));
    }
    Dataset all = Dataset.imageFolder(root);
    assertThat(all.duplicates()).isEqualTo(12);
    for (int seed = 0; seed < 5; seed++) {
      Parts parts = all.split(Split.of(60, 20, 20).seed(seed));
      Set<ByteString> trained = contents(parts.train());
      assertThat(trained).isNotEmpty();
      assertThat(contents(parts.test())).doesNotContainAnyElementsOf(trained);
      assertThat(contents(parts.validation())).doesNotContainAnyElementsOf(trained);
    }
  }

  private static Set<ByteString> contents(Dataset dataset) {
    int[] all = new int[dataset.size()];
    Arrays.setAll(all, i -> i);
    Set<ByteString> contents = new TreeSet<>(ByteString.unsignedLexicographicalComparator());
    contents.addAll(dataset.batch(all).encoded().strings());
    return contents;
  }

  @Test
  void aPictureCutShortIsFound() throws IOException {
    byte[] whole = Files.readAllBytes(Checkout.path("testdata/photos/animals/bison.jpg"));
    Files.write(root.resolve("dog/cut.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Dataset dataset = Dataset.imageFolder(root);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThat(BrokenPictures.in(runtime, dataset))
          .singleElement()
          .asString()
          .endsWith("cut.jpg");
    }
  }

  @Test
  void toldPartsThatLackLabelsAreToldOfOrRefused() throws IOException {
    partsOfTwoLabels("train", "val", "test");
    for (int i = 0; i < 10; i++) {
      picture("train/fish/" + i + ".png", 90 + i);
    }
    assertThat(Dataset.imageFolder(root).split(Split.of(60, 20, 20)).notes())
        .contains(
            "the validation part has no example of 'fish': no score on it tells how well that is"
                + " learned",
            "the test part has no example of 'fish': no score on it tells how well that is learned")
        .noneMatch(note -> note.contains("one side"));
    for (int i = 0; i < 10; i++) {
      Files.delete(root.resolve("val/dog/" + i + ".png"));
    }
    Files.delete(root.resolve("val/dog"));
    Dataset lopsided = Dataset.imageFolder(root);
    assertThatThrownBy(() -> lopsided.split(Split.of(60, 20, 20)))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll("the validation part has examples of one label only, of 3");
  }
}
