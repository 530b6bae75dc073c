package dev.graft.trainer.internal.feed;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.fit.Stretches;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** What waits on a device, and how much of it. */
@Timeout(60)
class FeedingTest {

  private static final String CPU = "/device:CPU:0";
  private static final long ROW = 8 * 8 * 3 * 4;

  private static TensorFlowRuntime runtime;

  private final List<int[]> read = Collections.synchronizedList(new ArrayList<>());
  private final RowTable pixels = RowTable.of(SmallTraining.examples().all().named().get("x"));
  private final Dataset data = SmallTraining.examples().withInputs(Map.of("x", noting()));
  private final Task task = Task.of(SmallTraining.MODEL, data, Objectives.usual());
  private final TrainingGraph step = Stretches.graph(task, SmallTraining.PLAIN);

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private RowTable noting() {
    return SmallTraining.watched(pixels, read::add);
  }

  /** Batches of four examples, one after the other. */
  private static List<int[]> runs(int from) {
    return IntStream.range(from, from + 8)
        .mapToObj(i -> new int[] {i, 2 * i, 59 - i, i + 10})
        .toList();
  }

  private Staged staged(ModelSession session, Staging staging, long room) {
    return new Staged(runtime, session.graph(), staging, data, room);
  }

  private int waiting(long room) throws InterruptedException {
    Staging staging = Staging.of(task, step, CPU).orElseThrow();
    try (ModelSession session = runtime.open(staging.graph().model());
        Staged feed = staged(session, staging, room)) {
      feed.take(runs(0));
      session.graph().run(Map.of(), taken(staging), List.of()); // now the size of one is known
      feed.take(runs(1));
      int before = 0;
      while (before < read.size()) { // until nothing is read any more
        before = read.size();
        Thread.sleep(100);
      }
      assertThat(read).as("in order").allMatch(examples -> examples.length == 4);
      return read.size() - 2;
    }
  }

  private static List<TensorRef> taken(Staging staging) {
    return staging.out().tensors();
  }

  /**
   * TensorFlow folds constants so. A score is fed by hand, and hung where it waited for a queue.
   */
  @Test
  void whatOnlyWaitsForAnInputDoesNotWaitForTheQueue() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.scalar());
    TensorRef queue = editor.placeholder("queue", DataType.DT_FLOAT, Shape.scalar());
    TensorRef one = editor.constant("one", TensorValue.scalar(1f));
    editor.replace(editor.node("one").toBuilder().addInput("^x").build());
    editor.op("Add").name("sum").input(x).input(one).output();
    BatchTensors.redirect(editor, x, queue);
    assertThat(editor.node("one").getInputList()).isEmpty();
    assertThat(editor.node("sum").getInputList()).containsExactly("queue", "one");
  }

  @Test
  void batchesWaitAsFarAsThereIsRoom() throws InterruptedException {
    assertThat(waiting(Staged.ROOM)).isEqualTo(Staged.DEPTH);
    read.clear();
    assertThat(waiting(9 * ROW)).as("room for two").isEqualTo(2);
    read.clear();
    assertThat(waiting(1)).as("a single one").isEqualTo(1);
  }

  /** What comes out is what was asked for, in its order, whether it was announced or not. */
  @Test
  void theQueueGivesWhatIsAskedFor() {
    Staging staging = Staging.of(task, step, CPU).orElseThrow();
    Random random = new Random(3);
    try (ModelSession session = runtime.open(staging.graph().model());
        Staged feed = staged(session, staging, Staged.ROOM)) {
      List<int[]> runs = runs(0);
      for (int i = 0; i < 30; i++) {
        assertThat(feed.take(runs)).isEmpty();
        List<TensorValue> out = session.graph().run(Map.of(), taken(staging), List.of());
        List<TensorValue> wanted = staging.in().values(data.batch(runs.get(0)));
        for (int k = 0; k < wanted.size(); k++) {
          assertThat(out.get(k).bytes()).isEqualTo(wanted.get(k).bytes());
          assertThat(out.get(k).shape()).isEqualTo(wanted.get(k).shape());
        }
        int next = random.nextInt(20);
        runs = random.nextInt(3) == 0 ? runs(next) : next(runs);
        if (random.nextInt(5) == 0) {
          feed.leftOut();
        }
      }
    }
  }

  private static List<int[]> next(List<int[]> runs) {
    List<int[]> next = new ArrayList<>(runs.subList(1, runs.size()));
    next.add(Arrays.stream(runs.get(0)).map(i -> (i + 7) % 60).toArray());
    return next;
  }

  private static Share share(long bytes) {
    return new Share(bytes, "so much");
  }

  @Test
  void theyMayTakeAQuarterOfWhatTensorFlowMayTake() {
    long giga = 1L << 30;
    assertThat(Share.of(60 * giga))
        .isEqualTo(
            new Share(
                15 * giga, "15.0 GB, a quarter of the 60.0 that TensorFlow may take of the card"));
    assertThat(Share.of(0)).isEqualTo(Share.USUAL);
    assertThat(Share.of(runtime.cardMemory())).isEqualTo(Share.USUAL);
    assertThat(runtime.cardMemory()).as("no card").isZero();
  }

  @Test
  void examplesLieThereIfTheyFit() {
    int size = data.size();
    assertThat(Residence.against(task, data, share(size * ROW))).isEmpty();
    assertThat(Residence.against(task, data, share(size * ROW - 1))).isPresent();
    Residence residence = Residence.of(task, step, data, CPU);
    Graph graph = residence.graph().model().graph();
    List<NodeDef> nodes =
        graph.nodes().stream()
            .filter(node -> node.getName().startsWith("graft/resident/"))
            .filter(node -> node.getOp().contains("Resource") || node.getOp().contains("Var"))
            .toList();
    assertThat(nodes).hasSize(4).extracting(NodeDef::getDevice).containsOnly(CPU);
    read.clear();
    try (ModelSession session = runtime.open(residence.graph().model())) {
      Resident feed = new Resident(session.graph(), residence, data);
      assertThat(read).as("not before a step is taken").isEmpty();
      for (int[] run : runs(0)) {
        List<TensorValue> fed = feed.take(List.of(run));
        TensorValue out =
            session
                .graph()
                .run(
                    Map.of(feed.tensors().get(0), fed.get(0)),
                    residence.out().tensors().subList(0, 1),
                    List.of())
                .get(0);
        assertThat(out.bytes()).isEqualTo(pixels.rows(run, fed.get(0)).bytes());
      }
      assertThat(read).as("each example once, and one to know its size").hasSize(2);
    }
  }

  /** Texts are nothing that a GPU holds, and pictures are bytes before the graph decodes them. */
  @Test
  void whatIsNoNumberIsHandedOver() {
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Model decoding =
        SavedModelImporter.load(Zoo.model("tfsave/image_bytes").savedModel())
            .with(replaceHead(HeadSpec.singleLabel(photos.labels())));
    Task pictures = Task.of(decoding, photos, Objectives.usual());
    TrainingGraph graph = Stretches.graph(pictures, SmallTraining.PLAIN);
    assertThat(Staging.of(pictures, graph, CPU)).isEmpty();
    assertThat(Residence.against(pictures, photos, Share.USUAL)).isPresent();
  }
}
