package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A detector at the command line: trained, scored, asked, drawn. */
@Tag("slow")
class BoxCommandsTest {

  private static final String DATA = CommandProcess.checkout("testdata/bccd");
  private static final String PICTURE = DATA + "/JPEGImages/BloodImage_00000.jpg";

  @TempDir private Path dir;
  private final CommandRun run = new CommandRun();

  private JsonNode json(String... arguments) throws IOException {
    assertThat(run.graft(arguments)).as(run.complained()).isZero();
    return new ObjectMapper().readTree(run.said());
  }

  private String out() {
    return dir.resolve("out").toString();
  }

  private JsonNode finetune(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("finetune", "--model", "efficientnet-lite0", "--head", "boxes"));
    arguments.addAll(List.of("--data", DATA, "--size", "128x160", "--out", out(), "--json"));
    arguments.addAll(List.of(more));
    return json(arguments.toArray(String[]::new));
  }

  @Test
  void programsAreToldWhatIsFound() throws IOException {
    JsonNode told = finetune("--head-epochs", "2", "--no-refit", "--seed", "1");
    assertThat(run.complained())
        .contains("the maps are ")
        .contains("(a cell for 8 pixels, 40 channels)")
        .doesNotContain("none is read with");
    assertThat(told.at("/test/examples").asInt()).isEqualTo(20);
    assertThat(told.at("/test/ap50").asDouble()).isBetween(0.05, 1.0);
    assertThat(told.at("/test/ap").asDouble()).isBetween(0.01, told.at("/test/ap50").asDouble());
    assertThat(told.at("/test/labels/RBC/ap50").asDouble()).isBetween(0.05, 1.0);
    Path report = Path.of(told.at("/report").asText());
    assertThat(report).content().contains("The worst mistakes", "Most missed");

    JsonNode again = json("evaluate", "--model", out(), "--data", DATA, "--json");
    for (String figure : List.of("/ap50", "/ap", "/labels/RBC/ap50")) {
      assertThat(again.at(figure)).as(figure).isEqualTo(told.at("/test" + figure));
    }
    assertThat(run.complained()).as("beside the object").contains("read as Pascal VOC");
    assertThat(again.at("/features/computed").asInt()).as("after its training").isZero();
    assertThat(again.at("/features/reused").asInt()).isEqualTo(20);
    JsonNode alone = json("evaluate", "--model", out(), "--data", DATA, "--json", "--no-cache");
    assertThat(alone.at("/features/computed").asInt()).isEqualTo(20);
    assertThat(alone.at("/ap50").asDouble()).isCloseTo(again.at("/ap50").asDouble(), within(1e-3));
    drawn();
  }

  /** As many lines and boxes as are sure enough, and a picture on which they are drawn. */
  private void drawn() throws IOException {
    Path folder = dir.resolve("drawn");
    assertThat(run.graft("predict", "--model", out(), "--draw", folder.toString(), PICTURE))
        .as(run.complained())
        .isZero();
    List<String> lines = run.said().lines().toList();
    assertThat(lines).isNotEmpty().allMatch(line -> line.startsWith(PICTURE));
    JsonNode same = json("predict", "--model", out(), "--json", PICTURE);
    assertThat(lines).hasSize(Math.max(1, same.findPath("boxes").size()));
    JsonNode all = json("predict", "--model", out(), "--threshold", "0", "--json", PICTURE);
    assertThat(all.findPath("boxes").size()).isGreaterThanOrEqualTo(same.findPath("boxes").size());
    BufferedImage before = ImageIO.read(Path.of(PICTURE).toFile());
    BufferedImage after = ImageIO.read(folder.resolve("BloodImage_00000.jpg.png").toFile());
    assertThat(after.getWidth()).isEqualTo(before.getWidth());
    assertThat(changed(before, after)).isEqualTo(same.findPath("boxes").size() > 0);
  }

  private static boolean changed(BufferedImage before, BufferedImage after) {
    int different = 0;
    for (int x = 0; x < before.getWidth(); x++) {
      for (int y = 0; y < before.getHeight(); y++) {
        different += before.getRGB(x, y) == after.getRGB(x, y) ? 0 : 1;
      }
    }
    return different > 100;
  }

  /** Each gets one sentence, and nothing is left in the folder. */
  @Test
  void whatDoesNotFitIsRefusedInASentence() throws IOException {
    Path broken = dir.resolve("broken");
    Files.createDirectories(broken.resolve("JPEGImages"));
    Files.createDirectories(broken.resolve("Annotations"));
    Files.copy(
        Path.of(DATA, "Annotations", "BloodImage_00000.xml"),
        broken.resolve("Annotations/BloodImage_00000.xml"));
    refused(broken.toString(), "BloodImage_00000");
    Files.writeString(broken.resolve("JPEGImages/BloodImage_00000.jpg"), "no picture");
    refused(broken.toString(), "BloodImage_00000");
    refused(CommandProcess.checkout("testdata/photos"), "boxes");
    assertThat(Path.of(out())).doesNotExist();
  }

  private void refused(String data, String words) {
    int code =
        run.graft(
            "finetune",
            "--model",
            "efficientnet-lite0",
            "--head",
            "boxes",
            "--data",
            data,
            "--out",
            out());
    assertThat(code).as(run.complained()).isNotZero();
    assertThat(run.complained()).contains(words).doesNotContain("Exception");
    assertThat(run.complained().strip().lines().filter(line -> line.startsWith("error: ")).count())
        .as(run.complained())
        .isEqualTo(1);
  }
}
