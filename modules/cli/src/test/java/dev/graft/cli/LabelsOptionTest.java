package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Labels from a file, as they are published. */
class LabelsOptionTest {

  @TempDir private Path dir = Path.of("");

  private Optional<Labels> read(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("labels.txt"), text);
    return CommandLine.populateCommand(new LabelsOption(), "--labels", file.toString()).labels();
  }

  @Test
  void aByteOrderMarkIsNoPartOfALabel() throws IOException {
    assertThat(read("\uFEFFcat\r\n\r\ndog\r\n")).contains(Labels.of("cat", "dog"));
    assertThat(read("cafe\u0301\ncat")).contains(Labels.of("caf\u00e9", "cat"));
  }

  /** ImageNet's list has two cranes and two maillots. */
  @Test
  void doublesAreNamedWithTheirLines() {
    assertThatThrownBy(() -> read("tench\ncrane\n\nmaillot\ncrane\nmaillot\n"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'crane' in the lines 2 and 5, 'maillot' in the lines 4 and 6;")
        .hasMessageContaining("'crane (machine)'")
        .hasMessageNotContaining("tench");
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      many.append("label ").append(i % 30).append('\n');
    }
    assertThatThrownBy(() -> read(many.toString())).hasMessageContaining("and 20 more");
  }

  @Test
  void doublesAmongNamesAreToldByTheirNumber() {
    LabelsOption option = CommandLine.populateCommand(new LabelsOption(), "--labels", "a,b,a");
    assertThatThrownBy(option::labels).hasMessageContaining("'a' is number 1 and 3");
  }
}
