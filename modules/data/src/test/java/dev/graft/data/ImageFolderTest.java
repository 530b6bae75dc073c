package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.model.BadDataException;
import dev.graft.model.Labels;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
}
