package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was computed of a picture is not computed again, and programs are told. */
class CacheTest {

  private static final String MODEL =
      CommandProcess.checkout("testdata/zoo/keras2/mobilenetv2_mini/model");
  private static final String PHOTOS = CommandProcess.checkout("testdata/photos");
  private static final int ALL = 146;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;
  private String err = "";

  private String out(String... arguments) {
    Told told = run(arguments);
    assertThat(told.code()).as(err).isZero();
    return told.out();
  }

  private record Told(int code, String out) {}

  private Told run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    int code = Main.run(Terminal.to(stream(out), stream(told), 0), arguments);
    err = told.toString(StandardCharsets.UTF_8);
    return new Told(code, out.toString(StandardCharsets.UTF_8));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private JsonNode head(String... more) throws IOException {
    return JSON.readTree(out(finetune("head", more)));
  }

  private String[] finetune(String recipe, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("finetune", "--model", MODEL, "--data", PHOTOS, "--json"));
    arguments.addAll(
        List.of(
            "--input-range", "0..255", "--recipe", recipe, "--out", dir.resolve("out").toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  @Test
  void theSecondRunComputesNothing() throws IOException {
    JsonNode alone = head("--no-cache");
    int examples = ALL - alone.at("/test/examples").asInt();
    assertThat(alone.at("/features/computed").asInt()).isEqualTo(examples);
    head();
    JsonNode second = head();
    assertThat(second.at("/features/computed").asInt()).isZero();
    assertThat(second.at("/features/reused").asInt()).isEqualTo(examples);
    for (String figure :
        List.of("accuracy", "f1", "loss")) { // without features it rounds otherwise
      assertThat(second.at("/test/" + figure).asDouble())
          .isCloseTo(alone.at("/test/" + figure).asDouble(), offset(1e-5));
    }
    Path kept = CacheOption.folder();
    long before = size(kept);
    String out = dir.resolve("out").toString();
    JsonNode evaluated = JSON.readTree(out("evaluate", "--model", out, "--data", PHOTOS, "--json"));
    assertThat(evaluated.at("/count").asInt()).isEqualTo(ALL);
    assertThat(evaluated.at("/features/computed").asInt()).isZero();
    assertThat(evaluated.at("/features/reused").asInt()).isEqualTo(ALL);
    assertThat(evaluated.at("/features/bytes").asLong())
        .as("what was published computes what its training did")
        .isEqualTo(before);
    assertThat(err).isEmpty();
    tear(kept);
    JSON.readTree(out("evaluate", "--model", out, "--data", PHOTOS, "--json"));
    assertThat(err).contains("are damaged");
    assertThat(Files.readString(Path.of(second.at("/report").asText())))
        .contains("<td>computed of 0 pictures, kept from earlier runs of " + examples + "</td>")
        .contains("MB on disk");
    assertThat(second.at("/test/labels/fish/f1").isNumber()).isTrue();
    for (String phase : List.of("read", "features", "head", "publish", "test", "report", "total")) {
      assertThat(second.at("/phases/" + phase).asDouble(-1)).as(phase).isNotNegative();
    }
  }

  /** Rates are tried on what a training computed, and a run goes on with it. */
  @Test
  void ratesAndResumedRunsComputeNothingAgain() throws IOException {
    JsonNode first = JSON.readTree(out(finetune("top", "--epochs", "1", "--seed", "5")));
    int examples = ALL - first.at("/test/examples").asInt();
    String kept =
        "features of " + examples + " examples were kept from earlier runs, of 0 computed";
    out(finetune("top", "--epochs", "1", "--seed", "5", "--find-rate"));
    assertThat(err).contains(kept, "rate ");
    String[] gated = finetune("top", "--epochs", "1", "--seed", "5", "--min-accuracy", "1");
    JsonNode refused = JSON.readTree(run(gated).out());
    assertThat(refused.at("/version").isNull()).as(err).isTrue();
    assertThat(refused.at("/features/reused").asInt()).isEqualTo(examples);
    assertThat(refused.at("/phases/features").asDouble(-1)).isNotNegative();
    assertThat(err).contains(kept);
    assertThat(out("resume", refused.at("/run").asText(), "--no-gates")).contains(kept);
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".rows"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  /** As a process does that is killed. */
  private static void tear(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".rows")).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(channel.size() - 1);
        }
      }
    }
  }

  @Test
  void featuresAreWrittenAsNumpyReadsThem() throws IOException {
    Path rows = dir.resolve("rows.npy");
    String[] command = {
      "features", "--model", MODEL, "--input-range", "0..255", "--data", PHOTOS, "--out", "" + rows,
    };
    assertThat(out(command)).contains("[146, ", "rows.npy.txt");
    byte[] first = Files.readAllBytes(rows);
    ByteBuffer file = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
    int header = 10 + file.getShort(8);
    String text = new String(first, 10, header - 10, StandardCharsets.US_ASCII);
    assertThat(header % 64).isZero();
    assertThat(text).startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (146, ");
    assertThat((first.length - header) % (ALL * Float.BYTES)).isZero();
    assertThat(Files.readAllLines(dir.resolve("rows.npy.txt"))).hasSize(ALL);
    assertThat(dir.resolve("rows.txt")).as("that may be somebody's").doesNotExist();
    out(command);
    assertThat(Files.readAllBytes(rows)).isEqualTo(first);
    assertThat(err).isEmpty();
    doctor();
    tear(CacheOption.folder());
    out(command);
    assertThat(err).contains("are damaged");
  }

  private void doctor() throws IOException {
    Path kept = CacheOption.folder();
    JsonNode told = JSON.readTree(out("doctor", "--json", "--trial", "0"));
    assertThat(told.at("/featureBytes").asLong()).isEqualTo(size(kept)).isPositive();
    String gigabytes = String.format("%.1f GB of at most ", size(kept) / (double) (1 << 30));
    assertThat(out("doctor", "--trial", "0")).contains("features   " + kept + ", " + gigabytes);
  }

  @Test
  void whatNumpyIsNotGivenIsRefusedBeforeAnythingIsRead() {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    String half = CommandProcess.checkout("testdata/zoo/keras2/mixed_float16_dense/model");
    String nowhere = dir.resolve("nowhere").toString();
    String[] command = {
      "features", "--model", half, "--data", nowhere, "--out", dir.resolve("x.npy").toString(),
    };
    assertThat(Main.run(Terminal.to(stream(told), stream(told), 0), command)).isNotZero();
    assertThat(told.toString(StandardCharsets.UTF_8)).contains("float32", "float16");
  }
}
