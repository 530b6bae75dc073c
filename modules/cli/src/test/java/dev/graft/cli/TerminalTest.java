package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TerminalTest {

  @Test
  void aShownCommandCanBeCopied() {
    assertThat(Terminal.quoted(Path.of("serving/photos-1"))).isEqualTo("serving/photos-1");
    assertThat(Terminal.quoted(Path.of("out dir"))).isEqualTo("\"out dir\"");
    assertThat(Terminal.quoted(Path.of("it's $5 (old)"))).isEqualTo("\"it's \\$5 (old)\"");
  }
}
