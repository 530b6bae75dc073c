package dev.graft.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is known of files that nobody reads again, and when it is not believed. */
class KnownFilesTest {

  @TempDir private Path dir;

  private KnownFiles known() {
    return knownUpTo(1000);
  }

  private KnownFiles knownUpTo(int files) {
    return KnownFiles.in(dir.resolve("known"), Duration.ZERO, files);
  }

  private Path file(String content) throws IOException {
    return Files.writeString(dir.resolve("file"), content);
  }

  private static Optional<ContentDigest> digest(String content) {
    return Optional.of(ContentDigest.of(ByteBuffer.wrap(content.getBytes())));
  }

  private void remember(Path file) throws IOException {
    KnownFiles known = known();
    known.read(file);
    known.save();
  }

  @Test
  void whatWasReadOnceIsKnown() throws IOException {
    Path file = file("cat");
    assertThat(known().of(file)).isEmpty();
    remember(file);
    assertThat(known().of(file)).isEqualTo(digest("cat"));
    Path other = Files.copy(file, dir.resolve("other"));
    assertThat(known().of(other)).isEmpty();
    remember(other);
    assertThat(known().of(file)).as("beside it").isEqualTo(digest("cat"));
  }

  @Test
  void anotherSizeOrTimeIsAnotherFile() throws IOException {
    Path file = file("cat");
    remember(file);
    FileTime before = Files.getLastModifiedTime(file);
    Files.setLastModifiedTime(file("cow"), FileTime.fromMillis(before.toMillis() - 5000));
    assertThat(known().of(file)).isEmpty();
    assertThat(known().digest(file)).isEqualTo(digest("cow").orElseThrow());
    Files.setLastModifiedTime(file("lion"), before);
    assertThat(known().of(file)).isEmpty();
  }

  /** As copying with its times does, or a program that sets them. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it does not tell when anything changed")
  void aTimeThatWasSetBackDeceivesNobody() throws IOException {
    Path file = file("cat");
    FileTime before = FileTime.fromMillis(1_700_000_000_000L);
    Files.setLastModifiedTime(file, before);
    remember(file);
    Files.setLastModifiedTime(file("cow"), before);
    assertThat(known().of(file)).isEmpty();
  }

  /** It could be written again before the clock of the disk moves on. */
  @Test
  void whatWasWrittenJustNowIsNotRemembered() throws IOException {
    KnownFiles careful = KnownFiles.in(dir.resolve("known"));
    careful.read(file("cat"));
    careful.save();
    assertThat(known().of(file("cat"))).isEmpty();
    assertThat(dir.resolve("known")).doesNotExist();
  }

  @Test
  void twoAtOnceKeepWhatBothHaveRead() throws IOException {
    Path file = file("cat");
    Path other = Files.writeString(dir.resolve("other"), "dog");
    KnownFiles one = known();
    one.read(file);
    remember(other);
    one.save();
    assertThat(known().of(file)).isEqualTo(digest("cat"));
    assertThat(known().of(other)).isEqualTo(digest("dog"));
  }

  @Test
  void whatIsDamagedIsForgotten() throws IOException {
    Path file = file("cat");
    remember(file);
    Path kept = dir.resolve("known").resolve("files-2");
    byte[] bytes = Files.readAllBytes(kept);
    Files.write(kept, Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(known().of(file)).isEmpty();
    Files.delete(kept);
    Files.createDirectories(kept.resolve("no file"));
    KnownFiles known = known();
    assertThat(known.digest(file)).isEqualTo(digest("cat").orElseThrow());
    known.save();
  }

  /** One wrong digest would give a picture the features of another. */
  @Test
  void aByteThatFlippedIsNoticed() throws IOException {
    Path file = file("cat");
    remember(file);
    Path kept = dir.resolve("known").resolve("files-2");
    byte[] bytes = Files.readAllBytes(kept);
    for (int at = 0; at < bytes.length; at++) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= 4;
      Files.write(kept, flipped);
      assertThat(known().of(file)).as("byte %d", at).isEmpty();
    }
    remember(file);
    assertThat(Files.readAllBytes(kept)).isEqualTo(bytes);
  }

  /** As after a file was written past its file system. */
  @Test
  void whatIsReadIsBelievedMoreThanWhatIsRemembered() throws IOException {
    Path file = file("cat");
    KnownFiles known = known();
    assertThat(known.read(file)).isEqualTo("cat".getBytes(UTF_8));
    Path kept = dir.resolve("known").resolve("files-2");
    known.save();
    ByteBuffer wrong = ByteBuffer.wrap(Files.readAllBytes(kept));
    ContentDigest.of(ByteBuffer.wrap("dog".getBytes(UTF_8))).write(wrong.position(16));
    CRC32C crc = new CRC32C();
    crc.update(wrong.array(), 0, 32);
    Files.write(kept, wrong.putInt(32, (int) crc.getValue()).array());
    KnownFiles deceived = known();
    assertThat(deceived.of(file)).isEqualTo(digest("dog"));
    deceived.read(file);
    assertThat(deceived.of(file)).isEqualTo(digest("cat"));
    deceived.save();
    assertThat(known().of(file)).isEqualTo(digest("cat"));
  }

  /** Else nobody would read what was written. */
  @Test
  void noMoreIsWrittenThanIsRead() throws IOException {
    KnownFiles few = knownUpTo(3);
    for (int i = 0; i < 4; i++) {
      few.read(Files.writeString(dir.resolve("file" + i), "cat" + i));
    }
    few.save();
    KnownFiles found = knownUpTo(3);
    int there = 0;
    for (int i = 0; i < 4; i++) {
      there += found.of(dir.resolve("file" + i)).isPresent() ? 1 : 0;
    }
    assertThat(there).isEqualTo(3);
    Path other = Files.writeString(dir.resolve("other"), "dog");
    KnownFiles more = knownUpTo(3);
    more.read(other);
    more.save();
    KnownFiles all = knownUpTo(3);
    assertThat(all.of(other)).as("what is used comes first").isEqualTo(digest("dog"));
    there = 0;
    for (int i = 0; i < 4; i++) {
      there += all.of(dir.resolve("file" + i)).isPresent() ? 1 : 0;
    }
    assertThat(there).as("and then there is room for two").isEqualTo(2);
  }

  /** Files of two archives have the same path. */
  @Test
  void filesOfArchivesAreNotRemembered() throws IOException {
    for (String content : new String[] {"cat", "dog"}) {
      URI zip = URI.create("jar:" + dir.resolve(content + ".zip").toUri());
      try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
        Path file = Files.writeString(archive.getPath("/1.bmp"), content);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
      }
      try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of())) {
        Path file = archive.getPath("/1.bmp");
        assertThat(known().digest(file)).isEqualTo(digest(content).orElseThrow());
        remember(file);
      }
    }
  }

  @Test
  void whatIsTooLargeToBeRememberedIsNotRead() throws IOException {
    Path file = file("cat");
    remember(file);
    Path kept = dir.resolve("known").resolve("files-2");
    try (FileChannel channel = FileChannel.open(kept, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), 1L << 31); // sparse; no array holds it
    }
    assertThat(known().of(file)).isEmpty();
    known().digest(file);
  }

  /** A dataset of pictures tells without reading them. */
  @Test
  void picturesAreKnown() throws IOException {
    for (String label : new String[] {"a", "b"}) {
      Path folder = Files.createDirectories(dir.resolve("photos").resolve(label));
      Files.write(
          folder.resolve("1.png"), Pictures.encode(Pictures.gradient(label.charAt(0), 9), "png"));
    }
    Dataset photos = Dataset.imageFolder(dir.resolve("photos"));
    assertThat(photos.digest(0)).isEmpty();
    KnownFiles known = known();
    photos.knownBy(known).batch(new int[] {1});
    assertThat(photos.knownBy(known).digest(0)).isEmpty();
    assertThat(photos.knownBy(known).digest(1)).isPresent();
    assertThat(photos.subset(new int[] {1}).knownBy(known).digest(0))
        .isEqualTo(photos.knownBy(known).digest(1));
  }
}
