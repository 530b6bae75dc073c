package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** TensorFlow's lines go to the file, Java's to the terminal; in a process of its own. */
@DisabledOnOs(OS.WINDOWS)
class NativeLogTest {

  @TempDir Path folder;

  @Test
  void nativeLinesGoToTheFileAndJavaLinesToTheTerminal() throws Exception {
    Path log = folder.resolve("logs/native.log");
    String terminal = run(log.toString());
    assertThat(terminal).isEqualTo("JAVA-1\nJAVA-2\n");
    assertThat(Files.readString(log)).contains("Tensor").doesNotContain("JAVA");
  }

  @Test
  void withoutAFileStandardErrorIsLeftAlone() throws Exception {
    String terminal = run("");
    assertThat(terminal).contains("JAVA-1", "JAVA-2", "Tensor");
  }

  private String run(String log) throws Exception {
    ProcessBuilder builder = OwnProcess.running(NativeLogTest.class, log);
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "0");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Path terminal = folder.resolve("terminal");
    Process child = builder.redirectError(terminal.toFile()).start();
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(terminal)).isZero();
    return Files.readString(terminal);
  }

  /** The process: runs a graph, which makes TensorFlow write what it is optimized for. */
  public static void main(String[] arguments) {
    System.err.println("JAVA-1");
    RuntimeOptions options = RuntimeOptions.defaults();
    if (!arguments[0].isEmpty()) {
      options = options.nativeLog(Path.of(arguments[0]));
    }
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.scalar());
    TensorRef y = editor.op("Neg").name("y").input(x).output();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options);
        GraphSession session = runtime.session(editor.build())) {
      session.run(Map.of(x, TensorValue.scalar(1f)), List.of(y), List.of());
    }
    System.err.println("JAVA-2");
  }
}
