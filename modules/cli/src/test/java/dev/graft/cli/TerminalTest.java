package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TerminalTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Terminal terminal(int columns) {
    return Terminal.to(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        columns);
  }

  @Test
  void whatOthersCalledTheirThingsMovesNothing() {
    String hostile = "z\nunusual  nothing\u001b[1A\u001b[2K";
    terminal(80).line("call     " + hostile);
    terminal(80).bold(hostile);
    terminal(80).draw(hostile);
    terminal(80).error("error: " + hostile + "\n  a remedy");
    String said = out.toString(StandardCharsets.UTF_8).replaceAll("\r?\u001b\\[(1m|0m|K)", "");
    assertThat(said).doesNotContain("\u001b").hasLineCount(3);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("error: z\n  unusual  nothing\uFFFD[1A\uFFFD[2K\n  a remedy\n");
  }

  @Test
  void aShownCommandCanBeCopied() {
    assertThat(Terminal.quoted(Path.of("serving/photos-1"))).isEqualTo("serving/photos-1");
    assertThat(Terminal.quoted(Path.of("out dir"))).isEqualTo("\"out dir\"");
    assertThat(Terminal.quoted(Path.of("it's $5 (old)"))).isEqualTo("\"it's \\$5 (old)\"");
  }
}
