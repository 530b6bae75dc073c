package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.ClosedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.DataType;

class GraphSessionTest {

  private TensorFlowRuntime runtime;
  private final GraphEditor editor = Graph.empty().edit();

  @BeforeEach
  void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterEach
  void close() {
    runtime.close();
    assertThat(runtime.openHandles()).isEmpty();
  }

  private TensorRef placeholder(String name, DataType dtype, Shape shape) {
    return editor.op("Placeholder").name(name).attr("dtype", dtype).attr("shape", shape).output();
  }

  @Test
  void runsWhatIsFetched() {
    TensorRef x = placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef y = editor.op("AddV2").name("y").input(x).input(x).output();
    try (GraphSession session = runtime.session(editor.build())) {
      TensorValue fed = TensorValue.of(Shape.of(1, 2), new float[] {1, 2});
      List<TensorValue> out = session.run(Map.of(x, fed), List.of(y, x, y), List.of());
      assertThat(out.get(0).floats()).containsExactly(2, 4);
      assertThat(out.get(1)).isSameAs(fed);
      assertThat(out.get(2).floats()).containsExactly(2, 4);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {
        "DT_BOOL", "DT_INT8", "DT_UINT8", "DT_HALF", "DT_BFLOAT16", "DT_INT16", "DT_UINT16",
        "DT_FLOAT", "DT_INT32", "DT_UINT32", "DT_DOUBLE", "DT_INT64", "DT_UINT64", "DT_COMPLEX64",
        "DT_COMPLEX128", "DT_QINT8"
      })
  void everyDtypeGoesThroughUnchanged(DataType dtype) {
    TensorRef x = placeholder("x", dtype, Shape.of(3));
    TensorRef y = editor.op("Identity").name("y").input(x).output();
    byte[] bytes = new byte[3 * TensorValue.size(DType.of(dtype))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (dtype == DataType.DT_BOOL ? i % 2 : 17 * i + 1);
    }
    TensorValue fed = TensorValue.of(DType.of(dtype), Shape.of(3), ByteBuffer.wrap(bytes));
    try (GraphSession session = runtime.session(editor.build())) {
      TensorValue out = session.run(Map.of(x, fed), List.of(y), List.of()).get(0);
      assertThat(out.dtype().proto()).isEqualTo(dtype);
      assertThat(out.shape()).isEqualTo(Shape.of(3));
      assertThat(out.bytes()).isEqualTo(fed.bytes());
    }
  }

  @Test
  void stringsOfEveryLengthComeBack() {
    TensorRef x = placeholder("x", DataType.DT_STRING, Shape.of(-1));
    TensorRef y = editor.op("Identity").name("y").input(x).output();
    List<ByteString> strings =
        Stream.of(0, 1, 22, 23, 24, 1000, 100_000)
            .map(n -> ByteString.copyFrom(new byte[n]).concat(ByteString.copyFromUtf8("é")))
            .toList();
    try (GraphSession session = runtime.session(editor.build())) {
      for (List<ByteString> fed :
          List.of(strings, List.<ByteString>of(), List.of(ByteString.EMPTY))) {
        TensorValue value = TensorValue.strings(Shape.of(fed.size()), fed);
        TensorValue out = session.run(Map.of(x, value), List.of(y), List.of()).get(0);
        assertThat(out.strings()).isEqualTo(fed);
      }
    }
  }

  @Test
  void emptyTensorsAndScalarsKeepTheirShape() {
    TensorRef x = placeholder("x", DataType.DT_INT64, Shape.unknown());
    TensorRef y = editor.op("Identity").name("y").input(x).output();
    try (GraphSession session = runtime.session(editor.build())) {
      TensorValue empty = TensorValue.of(Shape.of(0, 5), new long[0]);
      assertThat(session.run(Map.of(x, empty), List.of(y), List.of()).get(0).shape())
          .isEqualTo(Shape.of(0, 5));
      assertThat(
              session.run(Map.of(x, TensorValue.scalar(7L)), List.of(y), List.of()).get(0).longs())
          .containsExactly(7);
    }
  }

  @Test
  void aShapeThatDoesNotFitIsToldWithItsNode() {
    TensorRef a = placeholder("a", DataType.DT_FLOAT, Shape.of(2, 3));
    TensorRef b = placeholder("b", DataType.DT_FLOAT, Shape.of(4, 5));
    editor.op("MatMul").name("head/matmul").input(a).input(b).output();
    assertThatThrownBy(() -> runtime.session(editor.build()))
        .isInstanceOfSatisfying(
            TensorFlowException.class,
            e -> {
              assertThat(e.node()).contains("head/matmul");
              assertThat(e.code()).isEqualTo(TensorFlowException.Code.INVALID_ARGUMENT);
            });
    assertThat(runtime.openHandles()).isEmpty();
  }

  @Test
  void staleShapeHintsDoNotMatter() {
    TensorRef x = placeholder("x", DataType.DT_FLOAT, Shape.of(2));
    TensorRef y = editor.op("Identity").name("y").input(x).output();
    editor.replace(
        editor.node("y").toBuilder()
            .putAttr("_output_shapes", dev.graft.graph.Attrs.shapes(List.of(Shape.of(99))))
            .build());
    try (GraphSession session = runtime.session(editor.build())) {
      TensorValue fed = TensorValue.of(Shape.of(2), new float[] {1, 2});
      assertThat(session.run(Map.of(x, fed), List.of(y), List.of())).hasSize(1);
    }
  }

  @Test
  void wrongNamesAndDtypesAreToldBeforeTensorFlowSeesThem() {
    TensorRef x = placeholder("x", DataType.DT_FLOAT, Shape.of(2));
    try (GraphSession session = runtime.session(editor.build())) {
      assertThatThrownBy(() -> session.run(Map.of(), List.of(TensorRef.of("nowhere")), List.of()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("nowhere");
      assertThatThrownBy(() -> session.run(Map.of(), List.of(new TensorRef("x", 1)), List.of()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("x:1");
      TensorValue ints = TensorValue.of(Shape.of(2), new int[] {1, 2});
      assertThatThrownBy(() -> session.run(Map.of(x, ints), List.of(x), List.of()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("float32");
    }
  }

  @Test
  void whatIsNotClosedIsListedWithItsStackTraceAndClosedWithTheRuntime() {
    GraphSession session = runtime.session(editor.build());
    assertThat(runtime.openHandles()).hasSize(1);
    assertThat(runtime.openHandles().get(0).openedAt().getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(GraphSessionTest.class.getName()));
    runtime.close();
    assertThat(runtime.openHandles()).isEmpty();
    assertThatThrownBy(() -> session.run(Map.of(), List.of(), List.of()))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> runtime.session(editor.build())).isInstanceOf(ClosedException.class);
    session.close();
  }
}
