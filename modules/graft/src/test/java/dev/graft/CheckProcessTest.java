package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/** The check outlives what it checks. */
class CheckProcessTest {

  @TempDir private Path folder = Path.of("");

  @Test
  void aModelThatHolds() {
    CheckReport report = Graft.check(Zoo.model("keras2/dense_mlp").savedModel());
    assertThat(report.held()).as("%s", report).isTrue();
    assertThat(report.head()).isNotNull();
    assertThat(report.parityMaxDiff()).isZero();
  }

  @Test
  void aModelThatEndsTheProcess() throws IOException {
    BareModel.write(folder, aborting());
    CheckReport refused = Graft.check(folder);
    assertThat(refused.imported()).isFalse();
    assertThat(refused.error()).contains("Abort").contains("--trust");

    CheckReport report = Graft.check(folder, CheckOptions.defaults().withTrust(Trust.ALLOW));
    assertThat(report.imported()).isTrue();
    assertThat(report.held()).isFalse();
    assertThat(report.error())
        .contains("ended while it ran it beside the original")
        .contains("SIGABRT, exit code 134");
  }

  @Test
  void oneThatTakesTooLong() {
    CheckReport report =
        Graft.check(
            Zoo.model("keras2/dense_mlp").savedModel(),
            CheckOptions.defaults().withTimeout(Duration.ofMillis(50)));
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("no result within").contains("--timeout");
  }

  @Test
  void aProcessThatCannotBegin() {
    CheckReport report = Graft.check(folder, CheckOptions.defaults().withHeapMegabytes(1));
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("ended while it started", "initialization of VM");
  }

  @Test
  void oneThatIsInterrupted() {
    Thread.currentThread().interrupt();
    CheckReport report;
    try {
      report = Graft.check(folder);
    } finally {
      assertThat(Thread.interrupted()).as("the caller can still tell").isTrue();
    }
    assertThat(report.held()).isFalse();
    assertThat(report.error()).contains("was interrupted").doesNotContain("--timeout");
  }

  @Test
  void noModelAtAll() {
    CheckReport report = Graft.check(folder);
    assertThat(report.imported()).isFalse();
    assertThat(report.error()).contains("saved_model.pb");
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
