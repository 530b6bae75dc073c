package dev.graft.words;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void whatWouldMoveTheCursorIsReplaced() {
    String hostile = "z\nunusual  nothing\u001b[1A\u001b[2K\u009b2J\u202ecod\u2028\u0007\r";
    assertThat(Printable.line(hostile))
        .isEqualTo("z\u21B5unusual  nothing\uFFFD[1A\uFFFD[2K\uFFFD2J\uFFFDcod\uFFFD\uFFFD\uFFFD");
    assertThat(Printable.line("name\tOp")).isEqualTo("name\tOp");
    assertThat(Printable.cell("name\tOp")).isEqualTo("name\uFFFDOp");
    assertThat(Printable.cell("caf\u00e9 \ud83d\udc31 \u200d"))
        .isEqualTo("caf\u00e9 \ud83d\udc31 \u200d");
  }

  @Test
  void laterLinesCannotPassForGraftsOwn() {
    assertThat(Printable.lines("error: a\n  known\nunusual  b\u001b\r\n\n"))
        .isEqualTo("error: a\n  known\n  unusual  b\uFFFD");
  }

  @Test
  void jsonStaysJson() {
    assertThat(Printable.json("{\n \"a\" : \"\u009b\u202e\u00e9\"\n}"))
        .isEqualTo("{\n \"a\" : \"\\u009b\\u202e\u00e9\"\n}");
  }
}
