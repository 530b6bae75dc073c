package dev.graft.check;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.BareModel;
import dev.graft.Trust;
import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.Zoo;
import dev.graft.words.Remedy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/** The check outlives what it checks. */
class CheckProcessTest {

  @TempDir private Path folder = Path.of("");

  @Test
  void aModelThatHolds() {
    CheckReport report = ModelCheck.of(Zoo.model("keras2/dense_mlp").savedModel());
    assertThat(report.held()).as("%s", report).isTrue();
    assertThat(report.head()).isNotNull();
    assertThat(report.parityMaxDiff()).isZero();
  }

  @Test
  void aModelThatEndsTheProcess() throws IOException {
    BareModel.write(folder, aborting());
    CheckReport refused = ModelCheck.of(folder);
    assertThat(refused.imported()).isFalse();
    assertThat(refused.error()).contains("Abort");
    assertThat(refused.remedies()).containsExactly(Remedy.TRUST);

    CheckReport report = ModelCheck.of(folder, CheckOptions.defaults().trust(Trust.ALLOW));
    assertThat(report.imported()).isTrue();
    assertThat(report.held()).isFalse();
    assertThat(report.error())
        .contains("ended while it ran it beside the original")
        .contains("SIGABRT, exit code 134");
  }

  @Test
  void oneThatTakesTooLong() {
    CheckReport report =
        ModelCheck.of(
            Zoo.model("keras2/dense_mlp").savedModel(),
            CheckOptions.defaults().timeout(Duration.ofMillis(50)));
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("no result within");
    assertThat(report.remedies()).containsExactly(Remedy.CHECK_TIME);
  }

  /** More than once: its last words were now and then lost to the closing of its output. */
  @RepeatedTest(5)
  void aProcessThatCannotBegin() {
    CheckReport report = ModelCheck.of(folder, CheckOptions.defaults().heapMegabytes(1));
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("ended while it started", "initialization of VM");
  }

  @Test
  void oneThatIsInterrupted() {
    Thread.currentThread().interrupt();
    CheckReport report;
    try {
      report = ModelCheck.of(folder);
    } finally {
      assertThat(Thread.interrupted()).as("the caller can still tell").isTrue();
    }
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("was interrupted");
    assertThat(report.remedies()).isEmpty();
  }

  @Test
  void noModelAtAll() {
    CheckReport report = ModelCheck.of(folder);
    assertThat(report.imported()).isFalse();
    assertThat(report.error()).contains("saved_model.pb");
  }

  /** What starts a check and is killed while the model runs. */
  static final class Caller {
    private Caller() {}

    public static void main(String[] args) {
      CheckReport unused =
          ModelCheck.of(Path.of(args[0]), CheckOptions.defaults().timeout(Duration.ofMinutes(10)));
    }
  }

  /** Also where nobody can clear up: the one that is killed has no last words. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCheckEndsWithTheOneThatAskedForIt(boolean forcibly) throws Exception {
    BareModel.write(folder, endless());
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Process caller =
        ChildJava.running(List.of("-Djava.io.tmpdir=" + temporary), Caller.class, folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile())
            .start();
    try {
      await(() -> notes(temporary).contains("ran it beside the original"));
      ProcessHandle check = caller.toHandle().children().findFirst().orElseThrow();
      assertThat(check.isAlive()).isTrue();
      if (forcibly) {
        caller.destroyForcibly();
      } else {
        caller.destroy();
      }
      await(() -> !check.isAlive());
      await(() -> isEmpty(temporary));
    } finally {
      caller.descendants().forEach(ProcessHandle::destroyForcibly);
      caller.destroyForcibly();
    }
  }

  private static void await(Callable<Boolean> what) throws Exception {
    for (int i = 0; i < 300; i++) {
      if (what.call()) {
        return;
      }
      Thread.sleep(100);
    }
    assertThat(what.call()).isTrue();
  }

  private static String notes(Path temporary) throws IOException {
    try (Stream<Path> files = Files.walk(temporary)) {
      for (Path file : files.filter(f -> f.endsWith(CheckProcess.REPORT)).toList()) {
        return Files.readString(file);
      }
    } catch (NoSuchFileException | UncheckedIOException e) {
      return ""; // just replaced
    }
    return "";
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.noneMatch(f -> f.getFileName().toString().startsWith("graft-check"));
    }
  }

  /** A model whose answer comes out of a loop that does not end. */
  private static GraphDef.Builder endless() {
    FunctionDef more =
        function(
            "more",
            DataType.DT_BOOL,
            NodeDef.newBuilder()
                .setName("r")
                .setOp("Const")
                .putAttr("dtype", Attrs.of(DataType.DT_BOOL))
                .putAttr(
                    "value",
                    AttrValue.newBuilder()
                        .setTensor(
                            TensorProto.newBuilder()
                                .setDtype(DataType.DT_BOOL)
                                .setTensorShape(TensorShapeProto.getDefaultInstance())
                                .addBoolVal(true))
                        .build()));
    FunctionDef body =
        function(
            "body",
            DataType.DT_FLOAT,
            NodeDef.newBuilder()
                .setName("r")
                .setOp("Neg")
                .addInput("v")
                .putAttr("T", Attrs.of(DataType.DT_FLOAT)));
    GraphDef.Builder graph = GraphDef.newBuilder();
    graph.getLibraryBuilder().addFunction(more).addFunction(body);
    return graph
        .addNode(BareModel.placeholder("x"))
        .addNode(
            NodeDef.newBuilder()
                .setName("y")
                .setOp("StatelessWhile")
                .addInput("x")
                .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)))
                .putAttr("cond", Attrs.function("more"))
                .putAttr("body", Attrs.function("body"))
                .putAttr("output_shapes", Attrs.shapes(List.of(Shape.of(-1, 2)))));
  }

  private static FunctionDef function(String name, DataType gives, NodeDef.Builder node) {
    OpDef.Builder signature =
        OpDef.newBuilder()
            .setName(name)
            .addInputArg(OpDef.ArgDef.newBuilder().setName("v").setType(DataType.DT_FLOAT))
            .addOutputArg(OpDef.ArgDef.newBuilder().setName("o").setType(gives));
    String out = node.getOp().equals("Const") ? "r:output:0" : "r:y:0";
    return FunctionDef.newBuilder()
        .setSignature(signature)
        .addNodeDef(node)
        .putRet("o", out)
        .build();
  }

  @Test
  void ofWhatIsPrintedTheEndIsKept() {
    byte[] many = "a line that is printed again and again\n".repeat(100_000).getBytes(UTF_8);
    byte[] last = "Check failed: at the end\n".getBytes(UTF_8);
    LogTail tail =
        new LogTail(
            new SequenceInputStream(
                new ByteArrayInputStream(many), new ByteArrayInputStream(last)));
    List<String> lines = tail.lines();
    assertThat(lines.get(lines.size() - 1)).isEqualTo("Check failed: at the end");
    assertThat(String.join("\n", lines)).hasSize(LogTail.KEPT - 1);
    assertThat(new LogTail(new ByteArrayInputStream(last)).lines())
        .containsExactly("Check failed: at the end");
  }

  /** A model whose answer waits for an op that ends the process. */
  private static GraphDef.Builder aborting() {
    return GraphDef.newBuilder()
        .addNode(BareModel.placeholder("x"))
        .addNode(NodeDef.newBuilder().setName("end").setOp("Abort"))
        .addNode(
            NodeDef.newBuilder()
                .setName("y")
                .setOp("Identity")
                .addInput("x")
                .addInput("^end")
                .putAttr("T", Attrs.of(DataType.DT_FLOAT)));
  }
}
