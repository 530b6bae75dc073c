package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.OpDef;

/**
 * An input that is a whole list moves all that follow to other places: files were written and read
 * under names that were taken for something else.
 */
class SingleTensorsTest {

  @TempDir private Path folder;

  /** A function whose node {@code y} reads {@code input}, and which gives {@code result}. */
  private static HandMade model(String input, String result) {
    HandMade model = new HandMade();
    FunctionDef.Builder body = model.function("body");
    body.getSignatureBuilder()
        .addInputArg(
            OpDef.ArgDef.newBuilder()
                .setName("many")
                .setType(DataType.DT_FLOAT)
                .setNumberAttr("N"));
    body.addNodeDefBuilder()
        .setName("two")
        .setOp("IdentityN")
        .addInput("x")
        .addInput("x")
        .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT, DataType.DT_FLOAT)));
    body.addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput(input)
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    body.putRet("y", result);
    model.answer("x");
    return model;
  }

  @ParameterizedTest
  @CsvSource({
    "two:output, y:output:0",
    "two, y:output:0",
    "many, y:output:0",
    "x:0, y:output:0",
    "two:output:, y:output:0",
    "two:output:0:0, y:output:0",
    "x, y:output",
    "x, many",
    "x, two:output"
  })
  void whatMayBeAnyNumberOfTensorsIsRefused(String input, String result) {
    Path path = model(input, result).in(folder.resolve("model"));
    assertThatThrownBy(() -> SavedModelImporter.load(path))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("any number of tensors");
  }

  @ParameterizedTest
  @CsvSource({"x, x", "two:output:1, y:output:0", "many:0, y:output:0"})
  void oneTensorPasses(String input, String result) {
    Path path = model(input, result).in(folder.resolve("model"));
    assertThat(SavedModelImporter.load(path).graph().contains("x")).isTrue();
  }

  @Test
  void whatAFunctionWaitsForIsANode() {
    HandMade model = new HandMade();
    FunctionDef.Builder body = model.function("body");
    body.addNodeDefBuilder().setName("y").setOp("Identity").addInput("x").addInput("^x:0");
    model.answer("x");
    Path path = model.in(folder.resolve("model"));
    assertThatThrownBy(() -> SavedModelImporter.load(path)).isInstanceOf(BadModelException.class);
  }
}
