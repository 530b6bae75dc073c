package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.graph.Attrs;
import dev.graft.model.UntrustedModelException;
import dev.graft.testkit.HandMade;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** What TrustTest and TrustOfWholeModelsTest share. */
abstract class TrustFixture {
  @TempDir Path folder = Path.of("");

  UntrustedModelException refused(HandMade model) {
    Path path = model.in(folder);
    UntrustedModelException refusal =
        catchThrowableOfType(UntrustedModelException.class, () -> SavedModelImporter.load(path));
    assertThat(refusal).isNotNull();
    assertThat(refusal.file()).contains(path.resolve("saved_model.pb").toString());
    assertThat(refusal.remedies()).containsExactly(Remedy.TRUST);
    assertThatCode(() -> SavedModelImporter.load(path, ImportOptions.defaults().trusting()))
        .doesNotThrowAnyException();
    return refusal;
  }

  void accepted(HandMade model) {
    Path path = model.in(folder);
    assertThatCode(() -> SavedModelImporter.load(path)).doesNotThrowAnyException();
  }

  static NodeDef waiting(NodeDef.Builder node, String... before) {
    for (String each : before) {
      node.addInput("^" + each);
    }
    return node.build();
  }

  /** A function that writes a file on the side. */
  static void writer(HandMade model, String name) {
    FunctionDef.Builder function = model.function(name);
    HandMade.textInto(function.addNodeDefBuilder().setName("path").setOp("Const"), "/tmp/owned");
    function
        .addNodeDefBuilder()
        .setName("WriteFile")
        .setOp("WriteFile")
        .addInput("path:output:0")
        .addInput("path:output:0");
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .addInput("^WriteFile")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    function.putControlRet("WriteFile", "WriteFile");
  }
}
