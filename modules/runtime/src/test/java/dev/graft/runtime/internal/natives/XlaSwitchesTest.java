package dev.graft.runtime.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.jna.NativeLibrary;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.OwnProcess;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What XLA compiled is kept for other processes: switches of a process are seen in another one. */
@Tag("slow")
class XlaSwitchesTest {

  @TempDir private Path dir;

  /** Compiles some products; its arguments are CUDA's folder and what was asked of XLA. */
  static final class Compiles {

    private Compiles() {}

    public static void main(String[] args) {
      GraphEditor editor = Graph.empty().edit();
      TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 4));
      Scope g = new Scope(editor, "layer");
      TensorRef y = x;
      for (int i = 1; i < 4; i++) { // TensorFlow compiles no piece of less than four ops
        float[] weights = new float[16];
        Arrays.fill(weights, i);
        y = g.add("Tanh", g.add("MatMul", y, g.constant(TensorValue.of(Shape.of(4, 4), weights))));
      }
      Model model =
          Model.builder("test", editor.build(), new Provenance.Origin("test", "", "", "", 0))
              .build();
      if (args.length > 2) { // another one before
        TensorFlowRuntime.open(
                RuntimeOptions.defaults().device(Device.CPU).xla(Xla.valueOf(args[2])))
            .close();
      }
      RuntimeOptions options =
          RuntimeOptions.defaults()
              .device(Device.CPU)
              .cuda(Path.of(args[0]))
              .xla(Xla.valueOf(args[1]));
      try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options);
          ModelSession session = runtime.open(model, Precision.FLOAT32, true);
          PreparedRun run = session.graph().prepare(List.of(x), List.of(y), List.of())) {
        List<TensorValue> values = List.of(TensorValue.of(Shape.of(2, 4), new float[8]));
        String flags = // Java has its own copy of the environment, from the start
            NativeLibrary.getProcess()
                .getFunction("getenv")
                .invokeString(new Object[] {"XLA_FLAGS"}, false);
        System.out.print(flags == null ? "" : flags + " ");
        System.out.print("pieces " + run.pieces(values).compiled());
      }
    }
  }

  /** CUDA's. A flag of TensorFlow's ends at a blank that is not quoted. */
  private Path folder() {
    return dir.resolve("of cuda");
  }

  private String compiles(Xla asked) throws IOException {
    return compiles(asked, Map.of());
  }

  /** In an environment with ptxas, unless {@code more} has another path. */
  private String compiles(Xla asked, Map<String, String> more) throws IOException {
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Path ptxas = bin.resolve("ptxas");
    if (Files.notExists(ptxas)) {
      Files.createFile(
          ptxas,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    ProcessBuilder builder =
        OwnProcess.running(Compiles.class, folder().toString(), asked.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().removeAll(List.of("XLA_FLAGS", "TF_XLA_FLAGS"));
    builder.environment().put("PATH", bin.toString());
    builder.environment().putAll(more);
    Process process = builder.start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.walk(folder().resolve("xla"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void whatIsCompiledIsKept() throws IOException {
    assertThat(compiles(Xla.OFF)).isEqualTo("pieces 1");
    assertThat(folder()).doesNotExist();
    assertThat(compiles(Xla.ON)).isEqualTo("pieces 1");
    List<Path> first = kept();
    assertThat(first).isNotEmpty();
    assertThat(Files.getPosixFilePermissions(first.get(0).getParent()))
        .as("nobody else writes there")
        .doesNotContain(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    assertThat(compiles(Xla.ON)).isEqualTo("pieces 1");
    assertThat(kept()).as("and found again").isEqualTo(first);
  }

  /** TensorFlow is told as it starts where to keep it. */
  @Test
  void whatIsNotKeptSinceAnotherCameFirstIsSaid() throws Exception {
    ProcessBuilder builder =
        OwnProcess.running(Compiles.class, folder().toString(), "ON", "OFF")
            .redirectErrorStream(true);
    builder.environment().keySet().removeAll(List.of("XLA_FLAGS", "TF_XLA_FLAGS"));
    Process process = builder.start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("WARNING: what XLA compiles in this process is not kept", "pieces 1");
    assertThat(folder().resolve("xla")).doesNotExist();
  }

  /** TensorFlow ends the process by a flag that it does not know, so it knows this one. */
  @Test
  void theDriverDoesWhatPtxasDoesWhereThereIsNone() throws IOException {
    assumeFalse(Files.isExecutable(Path.of("/usr/local/cuda/bin/ptxas")));
    Map<String, String> none = Map.of("PATH", dir.resolve("none").toString());
    String fallback = "--xla_gpu_unsafe_fallback_to_driver_on_ptxas_not_found=true";
    assertThat(compiles(Xla.ON, none)).isEqualTo(fallback + " pieces 1");
    assertThat(compiles(Xla.OFF, none)).as("and no GPU").isEqualTo("pieces 1");
    String own = "--xla_cpu_enable_fast_math=false";
    Map<String, String> flags = Map.of("PATH", dir.resolve("none").toString(), "XLA_FLAGS", own);
    assertThat(compiles(Xla.ON, flags)).as("the user's go before").isEqualTo(own + " pieces 1");
  }
}
