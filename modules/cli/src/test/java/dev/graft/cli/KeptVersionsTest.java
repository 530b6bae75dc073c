package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is published past gates, listed, kept and gone back to, all from the command line. */
@Tag("slow")
class KeptVersionsTest {

  private static final String SHAPES = "../../testdata/examples/shapes/";

  private final CommandRun run = new CommandRun();

  @TempDir private Path dir;

  private Path serving;
  private String right;
  private String wrong;

  @BeforeEach
  void labels() throws IOException {
    serving = dir.resolve("serving");
    right = SHAPES + "labels.txt";
    List<String> names = new ArrayList<>(Files.readAllLines(Path.of(right)));
    Collections.reverse(names);
    wrong = Files.write(dir.resolve("wrong.txt"), names).toString();
  }

  /** The exit code of {@code graft publish} with these labels, scored on pictures. */
  private int publish(String labels, String... more) {
    List<String> args = new ArrayList<>(List.of("publish", SHAPES + "model", "--labels", labels));
    args.addAll(List.of("--to", serving.toString(), "--data", SHAPES + "fogged"));
    args.addAll(List.of(more));
    return run.graft(args.toArray(String[]::new));
  }

  private List<String> listed() {
    assertThat(run.graft("versions", serving.toString())).as(run.complained()).isZero();
    return run.said().lines().toList();
  }

  /** The words of a refusal, which publishes nothing. */
  private String refused(String labels, String... gates) {
    assertThat(publish(labels, gates)).as(run.complained()).isEqualTo(3);
    return run.complained();
  }

  /** The numbers of the versions, in a table under a line of names. */
  private List<String> numbers() {
    return listed().stream().skip(1).map(line -> line.strip().split(" ", 2)[0]).toList();
  }

  private Path labels(int version) {
    return serving.resolve(version + "/assets.extra/labels.txt");
  }

  /** What a version takes on disk, counted here. */
  private double megabytes(int version) throws IOException {
    try (Stream<Path> files = Files.walk(serving.resolve(String.valueOf(version)))) {
      return files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).sum() / 1e6;
    }
  }

  private String rounded(int version) throws IOException {
    return String.format(Locale.ROOT, "%.1f", megabytes(version));
  }

  @Test
  void whatIsNotGoodEnoughIsRefused() throws IOException {
    assertThat(refused(right, "--min-accuracy", "0.999"))
        .startsWith("error: accuracy 0.580, at least 0.999 asked for; nothing was published.");
    assertThat(serving).doesNotExist();
    assertThat(publish(right, "--min-accuracy", "0.5")).as(run.complained()).isZero();
    assertThat(run.said()).contains("gate      accuracy 0.580, at least 0.500 asked for");
    assertThat(refused(wrong, "--not-worse"))
        .contains("accuracy 0.047, at least 0.580 as version 1 has it; nothing was published.");
    String tooLarge = refused(right, "--not-worse", "--min", "size=0.01");
    assertThat(tooLarge).startsWith("error: size ").contains(" MB, at most 0.01 MB asked for");
    assertThat(Double.parseDouble(tooLarge.split(" ")[2])).isCloseTo(megabytes(1), within(0.02));
    assertThat(numbers()).containsExactly("1");
    assertThat(publish(right, "--keep", "0")).isEqualTo(2);
    assertThat(run.complained()).contains("at least the new version is kept");
  }

  @Test
  void theNewestAreKeptAndAnOlderOneComesBack() throws IOException {
    Files.createDirectory(serving);
    assertThat(listed()).containsExactly("'" + serving + "' holds no version.");
    assertThat(publish(wrong, "--min-accuracy", "0")).as(run.complained()).isZero();
    assertThat(publish(right, "--min-accuracy", "0")).as(run.complained()).isZero();
    assertThat(listed().get(0)).matches("version +published +score +MB +in use");
    assertThat(listed().get(1)).matches(" +1 .*accuracy 0.047 +" + rounded(1) + " +-");
    assertThat(listed().get(2)).matches(" +2 .*accuracy 0.580 +" + rounded(2) + " +-");
    assertThat(run.graft("rollback", serving.toString())).as(run.complained()).isZero();
    assertThat(run.said()).isEqualTo("export    " + serving + "/3 · loaded by TensorFlow\n");
    assertThat(labels(3)).hasSameTextualContentAs(Path.of(wrong));
    assertThat(run.graft("rollback", serving.toString())).isEqualTo(2);
    assertThat(run.complained()).contains("no version before the newest to go back to");
    assertThat(run.graft("rollback", serving.toString(), "--to", "2")).isZero();
    assertThat(labels(4)).hasSameTextualContentAs(Path.of(right));
    assertThat(publish(right, "--keep", "2", "--features")).as(run.complained()).isZero();
    assertThat(numbers()).containsExactly("4", "5");
    assertThat(run.graft("versions", serving.toString(), "--json")).isZero();
    JsonNode versions = new ObjectMapper().readTree(run.said());
    assertThat(versions.findValuesAsText("version")).containsExactly("4", "5");
    assertThat(versions.at("/0/scores/accuracy").asDouble()).isEqualTo(0.58);
    assertThat(versions.at("/1/inUse").isBoolean()).isTrue();
    featuresAreGiven();
  }

  /** Of two pictures as files, a line each. */
  private void featuresAreGiven() {
    String[] pictures = {SHAPES + "measured/000.png", SHAPES + "measured/001.png"};
    String[] asked = {"predict", "--model", serving.toString(), "--signature", "features_bytes"};
    assertThat(run.graft(Stream.of(asked, pictures).flatMap(Stream::of).toArray(String[]::new)))
        .as(run.complained())
        .isZero();
    List<String> lines = run.said().lines().toList();
    assertThat(lines).hasSize(2);
    for (int i = 0; i < pictures.length; i++) {
      String[] fields = lines.get(i).split("\t", -1);
      assertThat(fields[0]).isEqualTo(pictures[i]);
      assertThat(fields).hasSizeGreaterThan(7); // more than there are labels
      assertThat(fields[1]).matches("-?[0-9.e-]+");
    }
    assertThat(lines.get(0).split("\t", 2)[1]).isNotEqualTo(lines.get(1).split("\t", 2)[1]);
  }
}
