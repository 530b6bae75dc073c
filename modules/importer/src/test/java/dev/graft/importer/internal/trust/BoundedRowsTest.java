package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.UntrustedModelException;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/**
 * Rows of a ragged tensor that lie where no values are: TensorFlow answered with what lay there in
 * memory, or wrote behind its answer.
 */
class BoundedRowsTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);
  private static final AttrValue LONG = Attrs.of(DataType.DT_INT64);
  private static final int VALUES = 4;

  private static TensorFlowRuntime runtime;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static AttrValue texts(String... texts) {
    AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
    Arrays.stream(texts).map(ByteString::copyFromUtf8).forEach(list::addS);
    return AttrValue.newBuilder().setList(list).build();
  }

  private static NodeDef constant(String name, TensorProto value) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", Attrs.of(value.getDtype()))
        .putAttr("value", Attrs.of(value))
        .build();
  }

  private static NodeDef.Builder ragged(String... types) {
    return NodeDef.newBuilder()
        .setName("ragged")
        .setOp(BoundedRows.OP)
        .putAttr("T", FLOAT)
        .putAttr("Tindex", LONG)
        .putAttr("Tshape", LONG)
        .putAttr("num_row_partition_tensors", Attrs.of(types.length))
        .putAttr("row_partition_types", texts(types));
  }

  /** The nodes of a model whose last partition is what it is given; {@code in} reads an output. */
  private static List<NodeDef> nodes(String in, long[] shape, String... types) {
    List<NodeDef> nodes = new ArrayList<>();
    nodes.add(constant("shape", TensorValue.of(Shape.of(shape.length), shape).toProto()));
    nodes.add(
        constant("values", TensorValue.of(Shape.of(VALUES), new float[] {1, 2, 3, 4}).toProto()));
    nodes.add(constant("default", TensorValue.scalar(0f).toProto()));
    nodes.add(constant("rows", TensorValue.scalar(3L).toProto()));
    nodes.add(
        NodeDef.newBuilder()
            .setName("whole")
            .setOp("Cast")
            .addInput("x")
            .putAttr("SrcT", FLOAT)
            .putAttr("DstT", LONG)
            .build());
    nodes.add(constant("vector", TensorValue.of(Shape.of(1), new int[] {-1}).toProto()));
    nodes.add(
        NodeDef.newBuilder()
            .setName("given")
            .setOp("Reshape")
            .addInput("whole" + in.formatted("y"))
            .addInput("vector" + in.formatted("output"))
            .putAttr("T", LONG)
            .build());
    NodeDef.Builder ragged = ragged(types);
    for (String input : new String[] {"shape", "values", "default"}) {
      ragged.addInput(input + in.formatted("output"));
    }
    if (types.length > 1) {
      ragged.addInput("rows" + in.formatted("output"));
    }
    nodes.add(ragged.addInput("given" + in.formatted("output")).build());
    return nodes;
  }

  /** A model with such nodes in its graph, or in a function that its graph calls. */
  private static HandMade model(boolean inFunction, long[] shape, String... types) {
    HandMade model = taking();
    if (inFunction) {
      FunctionDef.Builder function = model.function("f");
      function.addAllNodeDef(nodes(":%s:0", shape, types));
      function.putRet("y", "ragged:result:0");
      model.call("call", "f", "x");
      model.answer("call");
    } else {
      nodes("%.0s", shape, types)
          .forEach(node -> model.node(node.getName(), node.getOp()).mergeFrom(node));
      model.answer("ragged");
    }
    return model;
  }

  /** A model that takes any number of pairs. */
  private static HandMade taking() {
    HandMade model = new HandMade();
    SignatureDef.Builder signature =
        model.meta().getSignatureDefOrThrow("serving_default").toBuilder();
    TensorInfo x = signature.getInputsOrThrow("x");
    signature.putInputs("x", x.toBuilder().setTensorShape(Shape.of(-1, 2).toProto()).build());
    model.meta().putSignatureDef("serving_default", signature.build());
    return model;
  }

  private List<float[]> answers(HandMade model, List<float[]> given) {
    LoadableBundle copy =
        LoadableBundle.of(
            model.in(folder.resolve("model")), ImportOptions.defaults(), folder.resolve("copy"));
    List<float[]> answers = new ArrayList<>();
    try (SavedModelSession session = runtime.loadSavedModel(copy.path(), copy.tags())) {
      for (float[] numbers : given) {
        TensorValue x = TensorValue.of(Shape.of(numbers.length / 2, 2), numbers);
        try {
          answers.add(session.call("serving_default", Map.of("x", x)).get("y").floats());
        } catch (TensorFlowException refused) {
          assertThat(refused).hasMessageContaining("Invalid row split size"); // none at 0
          answers.add(new float[0]);
        }
      }
    }
    return answers;
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void rowsAsTheyShallBeStayAsTheyAre(boolean inFunction) {
    long[] open = {-1, -1};
    assertThat(
            answers(model(inFunction, open, "ROW_SPLITS"), List.of(new float[] {0, 1, 1, 4}))
                .get(0))
        .containsExactly(1, 0, 0, 0, 0, 0, 2, 3, 4);
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void rowIdsAsTheyShallBeStayAsTheyAre(boolean inFunction) {
    HandMade model = model(inFunction, new long[] {-1, -1}, "FIRST_DIM_SIZE", "VALUE_ROWIDS");
    assertThat(answers(model, List.of(new float[] {0, 0, 0, 2})).get(0))
        .containsExactly(1, 2, 3, 0, 0, 0, 4, 0, 0);
  }

  /** Whatever they say, nothing is answered that is not among the values. */
  @ParameterizedTest
  @CsvSource({"false, ROW_SPLITS", "true, ROW_SPLITS", "false, VALUE_ROWIDS", "true, VALUE_ROWIDS"})
  void nothingElseIsAnsweredWith(boolean inFunction, String type) {
    String[] types =
        type.equals("ROW_SPLITS") ? new String[] {type} : new String[] {"FIRST_DIM_SIZE", type};
    Random random = new Random(1);
    List<float[]> given = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      float[] numbers = new float[2 * (1 + random.nextInt(i % 10 == 0 ? 200 : 4))];
      for (int j = 0; j < numbers.length; j++) {
        int most = type.equals("ROW_SPLITS") ? i % 4 == 0 ? 100_000 : 6 : 3;
        numbers[j] = j == 0 && i % 3 > 0 ? 0 : random.nextInt(most);
      }
      given.add(numbers);
    }
    for (float[] answer : answers(model(inFunction, new long[] {3, 2000}, types), given)) {
      for (float number : answer) {
        assertThat(number).isIn(0f, 1f, 2f, 3f, 4f);
      }
    }
  }

  /** The optimiser believes shapes that are claimed; each of these said 3000, of one number. */
  @ParameterizedTest
  @CsvSource({
    "default, ROW_SPLITS",
    "variable, ROW_SPLITS",
    "branch, ROW_SPLITS",
    "default, VALUE_ROWIDS"
  })
  void aClaimedShapeIsNoCount(String claim, String type) {
    int claimed = 3000;
    HandMade model = taking();
    model.constant("shape", TensorValue.of(Shape.of(2), new long[] {-1, -1}).toProto());
    model.constant("one", TensorValue.of(Shape.of(1), new long[] {7}).toProto());
    model.constant("default", TensorValue.scalar(5L).toProto());
    claim(model, claim, Shape.of(claimed));
    boolean splits = type.equals("ROW_SPLITS");
    NodeDef.Builder ragged =
        splits ? ragged(type) : ragged("FIRST_DIM_SIZE", type); // one row of 3000
    long[] rows = splits ? new long[] {0, claimed} : new long[claimed];
    model.constant("rows", TensorValue.of(Shape.of(rows.length), rows).toProto());
    model.constant("first", TensorValue.scalar(1L).toProto());
    ragged.putAttr("T", LONG).addAllInput(List.of("shape", "values", "default"));
    if (!splits) {
      ragged.addInput("first");
    }
    model.node("ragged", BoundedRows.OP).mergeFrom(ragged.addInput("rows").build());
    model.node("float", "Cast", "ragged").putAttr("SrcT", LONG).putAttr("DstT", FLOAT);
    model.answer("float").addInput("^x");
    float[] answer = answers(model, List.of(new float[] {1, 2})).get(0);
    assertThat(answer).containsExactly(7);
  }

  private static void claim(HandMade model, String claim, Shape shape) {
    model
        .node("open", "PlaceholderWithDefault", "one")
        .putAttr("dtype", LONG)
        .putAttr("shape", Attrs.of(Shape.unknown()));
    switch (claim) {
      case "variable" -> {
        model
            .node("handle", "VarHandleOp")
            .putAttr("dtype", LONG)
            .putAttr("shared_name", Attrs.of("v"))
            .putAttr("shape", Attrs.of(shape));
        model.node("fill", "AssignVariableOp", "handle", "open").putAttr("dtype", LONG);
        model.node("values", "ReadVariableOp", "handle", "^fill").putAttr("dtype", LONG);
      }
      case "branch" -> {
        FunctionDef.Builder branch = model.function("branch");
        branch.getSignatureBuilder().getInputArgBuilder(0).setType(DataType.DT_INT64);
        branch.getSignatureBuilder().getOutputArgBuilder(0).setType(DataType.DT_INT64);
        branch
            .addNodeDefBuilder()
            .setName("y")
            .setOp("PlaceholderWithDefault")
            .addInput("x")
            .putAttr("dtype", LONG)
            .putAttr("shape", Attrs.of(Shape.unknown()));
        model.constant("flag", TensorValue.scalar(1).toProto());
        model
            .node("values", "If", "flag", "one")
            .putAttr("Tcond", Attrs.of(DataType.DT_INT32))
            .putAttr("Tin", Attrs.types(List.of(DataType.DT_INT64)))
            .putAttr("Tout", Attrs.types(List.of(DataType.DT_INT64)))
            .putAttr("then_branch", Attrs.function("branch"))
            .putAttr("else_branch", Attrs.function("branch"))
            .putAttr("output_shapes", Attrs.shapes(List.of(shape)));
      }
      default ->
          model
              .node("values", "PlaceholderWithDefault", "open")
              .putAttr("dtype", LONG)
              .putAttr("shape", Attrs.of(shape));
    }
  }

  @Test
  void oneThatDoesNotSayHowRowsLieNeedsTrust() {
    for (String type : new String[] {"FIRST_DIM_SIZE", "VALUE_ROWIDS", "ROW_LIMITS"}) {
      Path path = model(false, new long[] {-1, -1}, type).in(folder.resolve(type));
      assertThatThrownBy(() -> SavedModelImporter.load(path))
          .isInstanceOf(UntrustedModelException.class)
          .hasMessageContaining(BoundedRows.OP);
    }
    NodeDef.Builder open = ragged("ROW_SPLITS").addAllInput(List.of("a", "b", "c", "d"));
    assertThat(BoundedRows.isPlain(open)).isTrue();
    assertThat(BoundedRows.isPlain(open.clone().addInput("e"))).isFalse();
    AttrValue later = AttrValue.newBuilder().setPlaceholder("N").build();
    for (String attr : List.of("row_partition_types", "num_row_partition_tensors", "Tindex")) {
      assertThat(BoundedRows.isPlain(open.clone().putAttr(attr, later))).as(attr).isFalse();
    }
  }

  /** A model that went the road once has them already. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void boundsAreNotBoundedAgain(boolean inFunction) {
    GraphDef graph =
        model(inFunction, new long[] {-1, -1}, "FIRST_DIM_SIZE", "VALUE_ROWIDS")
            .build()
            .getMetaGraphs(0)
            .getGraphDef();
    GraphDef once = BoundedRows.of(graph);
    assertThat(once).isNotEqualTo(graph);
    assertThat(BoundedRows.of(once)).isEqualTo(once);
  }
}
