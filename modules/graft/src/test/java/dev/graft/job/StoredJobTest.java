package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Settings;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run went by is not guessed where its file has lost it. */
class StoredJobTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"keep", "notWorse", "features", "operations", "memoryGrowth", "xla"})
  void aFileWithoutAFieldIsDamaged(String field) throws IOException {
    Job job =
        Job.of(folder.resolve("model"), folder.resolve("pictures"), folder.resolve("out"))
            .runs(folder.resolve("runs"))
            .build();
    Path run;
    try (RunFolder made = RunFolder.create(job, Settings.defaults())) {
      run = made.path();
    }
    RunFolder.open(run).close();
    Path file = run.resolve("run.json");
    String whole = Files.readString(file);
    String less = whole.replaceFirst("\"" + field + "\" : [^,]+,", "");
    assertThat(less).isNotEqualTo(whole);
    Files.writeString(file, less);
    assertThatThrownBy(() -> RunFolder.open(run))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("run.json", "not all is there", "begin a new run");
  }
}
