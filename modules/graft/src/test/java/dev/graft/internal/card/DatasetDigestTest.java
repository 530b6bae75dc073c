package dev.graft.internal.card;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands for examples: their content and their answers, and nothing else. */
class DatasetDigestTest {

  @TempDir private Path dir;

  private static byte[] picture(int colour) {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
    image.setRGB(1, 2, colour);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private void put(String file, int colour) throws IOException {
    Path path = dir.resolve(file);
    Files.createDirectories(path.resolveSibling("."));
    Files.write(path, picture(colour));
  }

  private String digest(String folder) {
    return DatasetDigest.of(Dataset.imageFolder(dir.resolve(folder)));
  }

  @Test
  void namesAndPlacesOfPicturesCountForNothing() throws IOException {
    put("one/cat/a.png", 1);
    put("one/cat/b.png", 2);
    put("one/dog/c.png", 3);
    put("two/cat/z.png", 1);
    put("two/cat/y.png", 2);
    put("two/dog/x.png", 3);
    assertThat(digest("one")).hasSize(64).isEqualTo(digest("two"));
    put("two/dog/x.png", 4);
    assertThat(digest("one")).isNotEqualTo(digest("two"));
    put("three/cat/a.png", 1);
    put("three/dog/b.png", 2);
    put("three/dog/c.png", 3);
    assertThat(digest("one")).as("another label").isNotEqualTo(digest("three"));
  }

  @Test
  void aPictureIsTheSameInMemoryAndInAFile() throws IOException {
    put("one/cat/a.png", 1);
    put("one/dog/b.png", 2);
    Labels labels = Labels.of("dog", "cat");
    Dataset memory = Dataset.pictures(List.of(picture(2), picture(1)), Answers.oneOf(labels, 0, 1));
    assertThat(DatasetDigest.of(memory)).isEqualTo(digest("one"));
  }

  @Test
  void whatWasReadIsNotReadAgain() throws IOException {
    put("one/cat/a.png", 1);
    put("one/dog/b.png", 2);
    Dataset read = Dataset.imageFolder(dir.resolve("one"));
    String before = DatasetDigest.of(read);
    Dataset fed = Dataset.imageFolder(dir.resolve("one"));
    assertThat(fed.all().targets()).hasSize(1);
    Files.delete(dir.resolve("one/cat/a.png"));
    assertThat(DatasetDigest.of(fed)).isEqualTo(before);
    assertThat(DatasetDigest.of(read)).isEqualTo(before);
  }

  private static Dataset rows(Answers answers, float... values) {
    return Dataset.of(Map.of("x", TensorValue.of(Shape.of(values.length), values)), answers);
  }

  @Test
  void labelsCountByName() {
    TensorValue holds = TensorValue.of(Shape.of(2, 2), new float[] {1, 0, 1, 1});
    TensorValue turned = TensorValue.of(Shape.of(2, 2), new float[] {0, 1, 1, 1});
    Dataset one = rows(Answers.anyOf(Labels.of("a", "b"), holds), 5, 6);
    assertThat(DatasetDigest.of(one))
        .isEqualTo(DatasetDigest.of(rows(Answers.anyOf(Labels.of("b", "a"), turned), 5, 6)))
        .isNotEqualTo(DatasetDigest.of(rows(Answers.anyOf(Labels.of("a", "b"), turned), 5, 6)));
    Answers number = Answers.numbers(TensorValue.of(Shape.of(2), new float[] {1, 2}));
    Dataset numbers = rows(number, 5, 6);
    assertThat(DatasetDigest.of(numbers))
        .isEqualTo(DatasetDigest.of(numbers.subset(new int[] {1, 0})))
        .isEqualTo(DatasetDigest.of(numbers.weighted(1, 1)))
        .isNotEqualTo(DatasetDigest.of(numbers.weighted(1, 2)))
        .isNotEqualTo(DatasetDigest.of(numbers.subset(new int[] {1})))
        .isNotEqualTo(DatasetDigest.of(rows(number, 5, 7)));
  }

  @Test
  void rowsOfPaddingCountForNothing() {
    float[] values = {1, 2, 3, 4};
    float[] others = {1, 2, 3, 9};
    TensorValue padded = TensorValue.of(Shape.of(2, 2, 1), values);
    TensorValue other = TensorValue.of(Shape.of(2, 2, 1), others);
    assertThat(DatasetDigest.of(rows(Answers.padded(padded, 2, 1), 5, 6)))
        .isEqualTo(DatasetDigest.of(rows(Answers.padded(other, 2, 1), 5, 6)))
        .isNotEqualTo(DatasetDigest.of(rows(Answers.padded(other, 2, 2), 5, 6)));
  }
}
