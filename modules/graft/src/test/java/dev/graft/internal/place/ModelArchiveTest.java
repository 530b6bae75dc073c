package dev.graft.internal.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Graft;
import dev.graft.LoadOptions;
import dev.graft.error.BadModelException;
import dev.graft.internal.place.ModelArchive.Limits;
import dev.graft.model.Model;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in archives are unpacked once; what an archive should not hold is refused. */
class ModelArchiveTest {

  private static final Path MODEL = Zoo.model("keras2/dense_mlp").savedModel();

  @TempDir private Path folder = Path.of("");
  private ModelCache cache = new ModelCache(folder, 0, Duration.ZERO);

  @BeforeEach
  void makeCache() {
    cache = new ModelCache(folder.resolve("cache"), 1L << 30, Duration.ofDays(1));
  }

  /** Writes one entry into an archive. */
  private interface Entries {
    void add(String name, byte[] content) throws IOException;
  }

  private interface Content {
    void write(Entries to) throws IOException;
  }

  private static void model(String parent, Entries to) throws IOException {
    try (Stream<Path> files = Files.walk(MODEL)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        to.add(parent + MODEL.relativize(file), Files.readAllBytes(file));
      }
    }
  }

  private Path zip(String name, Content content) throws IOException {
    Path file = folder.resolve(name);
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(file)) {
      content.write(
          (entry, bytes) -> {
            zip.putArchiveEntry(new ZipArchiveEntry(entry));
            zip.write(bytes);
            zip.closeArchiveEntry();
          });
    }
    return file;
  }

  private Path tar(String name, Content content) throws IOException {
    Path file = folder.resolve(name);
    OutputStream raw = Files.newOutputStream(file);
    OutputStream plain = name.endsWith("gz") ? new GZIPOutputStream(raw) : raw;
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(plain)) {
      content.write(
          (entry, bytes) -> {
            TarArchiveEntry header = new TarArchiveEntry(entry, true);
            header.setSize(bytes.length);
            tar.putArchiveEntry(header);
            tar.write(bytes);
            tar.closeArchiveEntry();
          });
    }
    return file;
  }

  private void refused(Path archive, Limits limits, String... words) throws IOException {
    assertThatThrownBy(() -> ModelArchive.unpack(archive, cache, limits))
        .isInstanceOf(BadModelException.class)
        .hasMessageContainingAll(words)
        .hasMessageContaining(archive.toString());
    try (Stream<Path> left = Files.list(folder.resolve("cache"))) {
      assertThat(left).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp.zip", "mlp.tar.gz", "mlp.tgz", "mlp.tar"})
  void aModelIsReadFromIt(String name) throws IOException {
    Content content = to -> model(name.endsWith("gz") ? "./" : "some/where/", to);
    Path archive = name.endsWith("zip") ? zip(name, content) : tar(name, content);
    assertThat(ModelArchive.is(archive)).isTrue();
    Path unpacked = ModelArchive.unpack(archive, cache);
    Model model = Graft.load(unpacked);
    assertThat(model.provenance().origin().digest())
        .isEqualTo(Graft.load(MODEL).provenance().origin().digest());
    VariableValues values = new VariableValues();
    assertThat(model.variables())
        .isNotEmpty()
        .allSatisfy(v -> assertThat(values.of(v)).isNotNull());
    Files.createFile(unpacked.resolve("mark")); // to see that it is not unpacked again
    assertThat(ModelArchive.unpack(archive, cache).resolve("mark")).exists();
  }

  @Test
  void theFrontDoorTakesArchives() throws IOException {
    Path archive = zip("mlp.zip", to -> model("", to));
    Path home = folder.resolve("home");
    assertThat(Graft.load(archive, LoadOptions.defaults().cache(home)).name()).isEqualTo("mlp");
    assertThat(home.resolve("models")).isNotEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../evil", "a/../../evil", "/tmp/evil", "..", "a\\..\\evil", "C:/evil", "a/.."})
  void entriesThatLeadOutside(String name) throws IOException {
    refused(
        zip(
            "slip.zip",
            to -> {
              model("", to);
              to.add(name, new byte[1]);
            }),
        Limits.STANDARD,
        "leads out of the folder");
    refused(
        tar(
            "slip.tgz",
            to -> {
              model("", to);
              to.add(name.replace("C:/", "/"), new byte[1]);
            }),
        Limits.STANDARD,
        "leads out of the folder");
  }

  @Test
  void links() throws IOException {
    Path file = folder.resolve("link.tar");
    for (byte type :
        new byte[] {TarConstants.LF_SYMLINK, TarConstants.LF_LINK, TarConstants.LF_CHR}) {
      try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
        TarArchiveEntry entry = new TarArchiveEntry("variables", type);
        entry.setLinkName("/etc");
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      }
      refused(file, Limits.STANDARD, "'variables', a link or device");
    }
    Path zip = folder.resolve("link.zip");
    try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(zip)) {
      ZipArchiveEntry entry = new ZipArchiveEntry("variables");
      entry.setUnixMode(0120777);
      out.putArchiveEntry(entry);
      out.write("/etc".getBytes(StandardCharsets.US_ASCII));
      out.closeArchiveEntry();
    }
    refused(zip, Limits.STANDARD, "'variables', a link or device");
  }

  @Test
  void bombs() throws IOException {
    Content zeros =
        to -> {
          model("", to);
          to.add("variables/zeros", new byte[1 << 22]);
        };
    Limits byRatio = new Limits(100, 1L << 40, 20, 1 << 20);
    refused(zip("bomb.zip", zeros), byRatio, "unpack to more than");
    refused(tar("bomb.tar.gz", zeros), byRatio, "unpack to more than");
    Limits bySize = new Limits(100, 1 << 20, 1 << 30, 1L << 40);
    refused(tar("bomb.tar", zeros), bySize, "unpack to more than");
    refused(
        zip(
            "many.zip",
            to -> {
              for (int i = 0; i < 200; i++) {
                to.add("e" + i, new byte[0]);
              }
            }),
        new Limits(100, 1L << 40, 20, 1L << 40),
        "more than 100 entries");
  }

  @Test
  void ofSeveralVersionsTheNewest() throws IOException {
    Content versions =
        to -> {
          for (String version : List.of("1", "2", "9", "10")) {
            model("photos/" + version + "/", to);
          }
          to.add("photos/11/half.txt", new byte[1]);
        };
    for (Path archive : List.of(zip("photos.zip", versions), tar("photos.tgz", versions))) {
      assertThat(ModelArchive.unpack(archive, cache)).hasFileName("10");
    }
    assertThat(ModelArchive.unpack(zip("plain.zip", to -> model("2/", to)), cache))
        .hasFileName("2");
  }

  @Test
  void severalModelsAreNotChosenFrom() throws IOException {
    Path archive =
        zip(
            "two.zip",
            to -> {
              model("cats/", to);
              model("dogs/", to);
            });
    refused(archive, Limits.STANDARD, "several models", "cats'", "dogs'", "unpack it");
  }

  /** They are held in memory, before anything is written. */
  @Test
  void headersThatUnpackToMuch() throws IOException {
    Path file = folder.resolve("name.tar.gz");
    for (byte type :
        new byte[] {TarConstants.LF_GNUTYPE_LONGNAME, TarConstants.LF_PAX_EXTENDED_HEADER_LC}) {
      try (TarArchiveOutputStream tar =
          new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(file)))) {
        TarArchiveEntry entry = new TarArchiveEntry("././@LongLink", type);
        entry.setSize(100 << 20);
        tar.putArchiveEntry(entry);
        byte[] some = new byte[1 << 20];
        Arrays.fill(some, (byte) 'a');
        byte[] length = "104857600 path=".getBytes(StandardCharsets.US_ASCII); // of the record
        System.arraycopy(length, 0, some, 0, length.length);
        for (int i = 0; i < 100; i++) {
          tar.write(some);
        }
        tar.closeArchiveEntry();
      }
      assertThat(Files.size(file)).isLessThan(200_000);
      refused(file, Limits.STANDARD, "header of an entry takes more than any name does");
    }
  }

  @Test
  void damagedAndEmptyOnes() throws IOException {
    Path whole = tar("mlp.tar.gz", to -> model("", to));
    byte[] bytes = Files.readAllBytes(whole);
    Path half = Files.write(folder.resolve("half.tar.gz"), Arrays.copyOf(bytes, bytes.length / 2));
    refused(half, Limits.STANDARD, "cannot be used");
    refused(
        tar("notes.tgz", to -> to.add("notes.txt", new byte[3])),
        Limits.STANDARD,
        "no saved_model");
    refused(
        tar(
            "twice.tar",
            to -> {
              model("", to);
              model("", to);
            }),
        Limits.STANDARD,
        "twice");
    Path other =
        zip(
            "cats.keras",
            to -> {
              for (String entry : List.of("config.json", "metadata.json", "model.weights.h5")) {
                to.add(entry, new byte[1]);
              }
            });
    assertThatThrownBy(() -> Graft.load(other)).hasMessageContaining("load_model('" + other);
  }

  /** As an older Graft left it that was killed while it deleted, or a power cut. */
  @Test
  void halfOfAModelIsUnpackedAgain() throws IOException {
    Path archive = zip("mlp.zip", to -> model("", to));
    Path unpacked = ModelArchive.unpack(archive, cache);
    Path weights = unpacked.resolve("variables/variables.data-00000-of-00001");
    long size = Files.size(weights);
    Files.write(weights, new byte[0]);
    assertThat(
            Files.size(
                ModelArchive.unpack(archive, cache).resolve("variables/" + weights.getFileName())))
        .isEqualTo(size);
    Files.delete(unpacked.resolve("saved_model.pb"));
    assertThat(ModelArchive.unpack(archive, cache).resolve("saved_model.pb")).exists();
    try (Stream<Path> left = Files.list(folder.resolve("cache"))) {
      assertThat(left).hasSize(1);
    }
  }
}
