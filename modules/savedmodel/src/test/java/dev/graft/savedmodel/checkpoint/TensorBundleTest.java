package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.tensor.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;

class TensorBundleTest {

  @TempDir Path folder;
  private Path prefix;

  @BeforeEach
  void copy() throws IOException, URISyntaxException {
    prefix = folder.resolve("sliced");
    for (String name : new String[] {"sliced.index", "sliced.data-00000-of-00001"}) {
      Path from = Path.of(TensorBundleTest.class.getResource("bundle/" + name).toURI());
      Files.copy(from, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void readsWholeTensors() {
    TensorBundle bundle = TensorBundle.open(prefix);
    assertThat(bundle.keys())
        .containsExactly("columns", "empty", "floats", "half", "rows", "step", "words");
    assertThat(bundle.read("floats").floats()).containsExactly(0, 0.25f, 0.5f, 0.75f, 1, 1.25f);
    assertThat(bundle.read("floats").shape()).isEqualTo(Shape.of(2, 3));
    assertThat(bundle.read("half").asDoubles()).containsExactly(0.5, -2);
    assertThat(bundle.read("step").longs()).containsExactly(-7);
    assertThat(bundle.read("empty").shape()).isEqualTo(Shape.of(0, 3));
    assertThat(bundle.entry("half").orElseThrow())
        .isEqualTo(new TensorBundle.Entry(DataType.DT_HALF, Shape.of(2), false, 4));
    assertThat(bundle.entry("nothing")).isEmpty();
  }

  /** Where numbers are written in other digits, the names of files are not. */
  @Test
  void readsInEveryLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(String.format("%d", 1)).isNotEqualTo("1");
      readsWholeTensors();
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void readsStrings() {
    assertThat(TensorBundle.open(prefix).read("words").strings())
        .extracting(s -> s.toStringUtf8())
        .containsExactly("", "käse", "x".repeat(300));
  }

  /** Not "of a size that does not fit", as once: the dtype is what Graft cannot read. */
  @ParameterizedTest
  @EnumSource(names = {"DT_FLOAT8_E5M2", "DT_FLOAT8_E4M3FN", "DT_INT4", "DT_UINT4"})
  void aDtypeThatIsNotReadIsNamed(DataType dtype) throws IOException {
    Path index = folder.resolve("narrow.index");
    try (FileChannel out =
        FileChannel.open(index, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      SortedTableWriter table = new SortedTableWriter(out);
      table.add(
          ByteString.EMPTY, BundleHeaderProto.newBuilder().setNumShards(1).build().toByteString());
      table.add(
          ByteString.copyFromUtf8("w"),
          BundleEntryProto.newBuilder()
              .setDtype(dtype)
              .setShape(Shape.of(4).toProto())
              .setSize(4)
              .build()
              .toByteString());
      table.finish();
    }
    Files.write(folder.resolve("narrow.data-00000-of-00001"), new byte[4]);
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> TensorBundle.open(folder.resolve("narrow")).read("w"))
        .withMessageContaining("holds a tensor of " + dtype + ", which Graft does not read");
  }

  @Test
  void putsSlicesTogether() {
    TensorBundle bundle = TensorBundle.open(prefix);
    assertThat(bundle.entry("rows").orElseThrow())
        .isEqualTo(new TensorBundle.Entry(DataType.DT_INT32, Shape.of(300, 2), true, 2400));
    assertThat(bundle.read("rows").ints()).isEqualTo(IntStream.range(0, 600).toArray());
    assertThat(bundle.read("columns").ints()).containsExactly(0, 1, 2, 3, 4, 0, 1, 2, 3, 4);
  }

  @Test
  void readsPartsWhateverTheSlicesOnDisk() {
    TensorBundle bundle = TensorBundle.open(prefix);
    assertThat(bundle.read("columns", "2 5 -:2,2").ints()).containsExactly(2, 3, 2, 3);
    assertThat(bundle.read("columns", "2 5 1,1:-").ints()).containsExactly(0, 1, 2, 3, 4);
    assertThat(bundle.read("rows", "300 2 99,2:1,1").ints()).containsExactly(199, 201);
    assertThat(bundle.read("floats", "2 3 0,2:2,1").floats()).containsExactly(0.5f, 1.25f);
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> bundle.read("floats", "2 3 0,2:2,2"));
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> bundle.read("floats", "2 3 x"));
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    TensorBundle bundle = TensorBundle.open(prefix);
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> bundle.read("nothing"))
        .withMessageContaining("'nothing'");
    Files.delete(folder.resolve("sliced.data-00000-of-00001"));
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> bundle.read("floats"))
        .withMessageContaining("sliced.data-00000-of-00001' is missing");
    Files.delete(folder.resolve("sliced.index"));
    assertThat(TensorBundle.exists(prefix)).isFalse();
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> TensorBundle.open(prefix))
        .withMessageContaining("sliced.index' is missing");
  }

  @Test
  void noticesEveryFlippedBitInTheData() throws IOException {
    Path data = folder.resolve("sliced.data-00000-of-00001");
    byte[] sound = Files.readAllBytes(data);
    TensorBundle bundle = TensorBundle.open(prefix);
    for (int i = 0; i < sound.length; i += 7) {
      byte[] bad = sound.clone();
      bad[i] ^= (byte) (1 << (i % 8));
      Files.write(data, bad);
      assertThatExceptionOfType(BadModelException.class)
          .isThrownBy(() -> bundle.keys().forEach(bundle::read));
    }
    Files.write(data, Arrays.copyOf(sound, sound.length - 1));
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> bundle.keys().forEach(bundle::read))
        .withMessageContaining("not copied whole");
  }

  @Test
  void noticesEveryFlippedBitAndEveryMissingEndOfTheIndex() throws IOException {
    Path index = folder.resolve("sliced.index");
    byte[] sound = Files.readAllBytes(index);
    Random random = new Random(1);
    for (int i = 0; i < sound.length; i++) {
      if (isPadding(sound, i)) {
        continue;
      }
      byte[] bad = sound.clone();
      bad[i] ^= (byte) (1 << random.nextInt(8));
      Files.write(index, bad);
      assertReadsEqualOrFails(i);
      Files.write(index, Arrays.copyOf(sound, i));
      assertThatExceptionOfType(BadModelException.class)
          .isThrownBy(() -> TensorBundle.open(prefix));
    }
  }

  /** The end of the footer's handles is filled up with zeros, which nobody reads. */
  private static boolean isPadding(byte[] file, int i) {
    return i >= file.length - 48 && i < file.length - 8 && file[i] == 0;
  }

  private void assertReadsEqualOrFails(int at) {
    try {
      TensorBundle bundle = TensorBundle.open(prefix);
      // the handle of the metaindex block, its content, and the checksum are read by nobody
      assertThat(bundle.read("rows").ints()).as("byte %d", at).hasSize(600);
    } catch (BadModelException e) {
      assertThat(e.file()).isPresent();
    }
  }

  /** Two such keys may be the same once they are made texts. */
  @Test
  void aKeyThatIsNoTextIsRefused() throws IOException {
    Path index = prefix.resolveSibling(prefix.getFileName() + ".index");
    try (FileChannel out =
        FileChannel.open(index, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
      SortedTableWriter table = new SortedTableWriter(out);
      table.add(ByteString.EMPTY, BundleHeaderProto.getDefaultInstance().toByteString());
      table.add(
          ByteString.copyFrom(new byte[] {'v', (byte) 0xff}),
          BundleEntryProto.getDefaultInstance().toByteString());
      table.finish();
    }
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> TensorBundle.open(prefix))
        .withMessageContaining("no text");
  }
}
