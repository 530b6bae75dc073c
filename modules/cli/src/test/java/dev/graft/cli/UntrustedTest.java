package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.testkit.HandMade;
import dev.graft.testkit.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.DataType;

/** Models that read or write files are refused by every command that runs models. */
class UntrustedTest {

  private static final String PHOTOS = "../../testdata/photos";

  @TempDir private Path folder = Path.of("");
  private final CommandRun command = new CommandRun();

  private int graft(String... args) {
    return command.graft(args);
  }

  private String said() {
    return command.said() + command.complained();
  }

  private String model(Hostile kind) throws IOException {
    Files.writeString(folder.resolve("secret"), "SECRET42");
    Path model = folder.resolve("model");
    return kind.in(model, folder.resolve("loot"), folder.resolve("secret")).toString();
  }

  private void nothingWritten() {
    assertThat(folder.resolve("loot")).doesNotExist();
    assertThat(folder.resolve("loot.index")).doesNotExist();
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource
  void isNotRunForAPrediction(Hostile kind) throws IOException {
    String model = model(kind);
    assertThat(graft("predict", "--model", model, PHOTOS + "/animals/cat.jpg")).isEqualTo(2);
    if (kind.isDamaged()) {
      assertThat(said()).contains("damaged").doesNotContain("\tat ");
      assertThat(graft("inspect", model)).isEqualTo(2);
      nothingWritten();
      return;
    }
    assertThat(said()).contains(kind.op().split(",")).doesNotContain("\tat ");
    assertThat(graft("inspect", model)).isZero();
    assertThat(said())
        .contains(kind.op().split(","))
        .contains("unusual  ", "refused without --trust");
    nothingWritten();
  }

  @Test
  void isNotTrained() throws IOException {
    String out = folder.resolve("out").toString();
    String model = model(Hostile.PRINT_BY_ATTRIBUTE);
    assertThat(graft("finetune", "--model", model, "--data", PHOTOS, "--out", out)).isEqualTo(2);
    assertThat(said()).contains("PrintV2", "--trust");
    nothingWritten();
  }

  @Test
  void isNotChecked() throws IOException {
    checkRefuses(Hostile.LEGACY_INIT);
  }

  /** A process of its own for each. */
  @Tag("nightly")
  @ParameterizedTest
  @EnumSource
  void noneIsChecked(Hostile kind) throws IOException {
    checkRefuses(kind);
  }

  /** What saves itself is left out, what infers is not. */
  @Test
  void aSignatureThatNeedsTrustIsNamed() {
    HandMade model = new HandMade().text("path", folder.resolve("loot").toString());
    model.node("write", "WriteFile", "path", "path");
    model.answer("x");
    model.node("saved", "Identity", "x", "^write").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.signature("save", "x:0", "saved:0");
    String path = model.in(folder.resolve("model")).toString();
    assertThat(graft("inspect", path)).isZero();
    assertThat(said()).contains("WriteFile", "signature 'save' left out without --trust");
    assertThat(graft("inspect", "--json", path)).isZero();
    assertThat(said()).contains("\"leftOutWithoutTrust\" : [ \"save\" ]");
    nothingWritten();
  }

  private void checkRefuses(Hostile kind) throws IOException {
    assertThat(graft("check", model(kind))).isEqualTo(1);
    assertThat(said()).contains((kind.isDamaged() ? "damaged" : kind.op()).split(","));
    nothingWritten();
  }
}
