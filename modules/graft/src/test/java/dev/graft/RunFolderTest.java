package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Split;
import dev.graft.model.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's folder remembers. */
class RunFolderTest {

  @TempDir private Path runs;

  private Job job() {
    return new Job(
        runs.resolve("model"),
        Trust.ALLOW,
        runs.resolve("pictures"),
        Surgery.standard()
            .head(HeadChoice.NEW)
            .freeze(Where.parse("until block_13 or class BatchNormalization"))
            .unfreeze(Where.lastBlocks(2))
            .labels(Labels.of("a, with comma", "b"))
            .carryOver()
            .size(96, 128),
        Split.of(70, 20, 10).seed(5).perLabel(3),
        Recipe.headThenTop().seed(9),
        runs.resolve("out"),
        Device.CPU);
  }

  @Test
  void theJobComesBack() {
    RunFolder made = RunFolder.create(runs, "photos", job());
    assertThat(made.path()).isEqualTo(runs.resolve("photos-1"));
    assertThat(RunFolder.open(made.path()).job()).isEqualTo(job());
    assertThat(made.published()).isEmpty();
  }

  @Test
  void noFolderIsUsedTwice() throws IOException {
    Files.createDirectories(runs.resolve("photos-2"));
    assertThat(RunFolder.create(runs, "photos", job()).path().getFileName())
        .hasToString("photos-1");
    assertThat(RunFolder.create(runs, "photos", job()).path().getFileName())
        .hasToString("photos-3");
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    Path folder = RunFolder.create(runs, "photos", job()).path();
    Path file = folder.resolve("run.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replace("\"format\" : 1", "\"format\" : 7"));
    refused(folder, "has the format 7", "with the version that began it");
    Files.writeString(file, json.substring(20));
    refused(folder, "run.json", "is damaged");
    Files.writeString(file, json.replace("head then top", "head first"));
    refused(folder, "no recipe 'head first'");
    refused(runs, "is no run");
  }

  private static void refused(Path folder, String... words) {
    assertThatThrownBy(() -> RunFolder.open(folder))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll(words);
  }
}
