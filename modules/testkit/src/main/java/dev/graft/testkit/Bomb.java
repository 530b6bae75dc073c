package dev.graft.testkit;

import static dev.graft.testkit.BombParts.call;
import static dev.graft.testkit.BombParts.chain;
import static dev.graft.testkit.BombParts.doubling;
import static dev.graft.testkit.BombParts.identity;
import static dev.graft.testkit.BombParts.layer;
import static dev.graft.testkit.BombParts.loop;
import static dev.graft.testkit.BombParts.restoring;

import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.TensorProto;

/**
 * Small SavedModels that take endless time, memory or stack of whoever follows them without
 * counting. Each is refused in words, or read.
 */
public enum Bomb {
  /** Functions of open dtype, each calling the one before twice: 2^60 calls of nothing. */
  DOUBLING_CALLS("made to exhaust memory") {
    @Override
    void write(HandMade model) {
      doubling(model, 60, false);
    }
  },
  /** The same with another attribute for each of the two calls: no two are alike. */
  DOUBLING_ATTRIBUTES("made to exhaust memory") {
    @Override
    void write(HandMade model) {
      doubling(model, 60, true);
    }
  },
  /** Branches that both go to the function before: 2^60 of them where TensorFlow unfolds them. */
  DOUBLING_BRANCHES("made to exhaust memory") {
    @Override
    void write(HandMade model) {
      identity(model.function("b0"), "y", "x");
      for (int k = 1; k < 60; k++) {
        FunctionDef.Builder function = model.function("b" + k);
        function
            .addNodeDefBuilder()
            .setName("y")
            .setOp("If")
            .addInput("x")
            .addInput("x")
            .putAttr("Tcond", Attrs.of(DataType.DT_FLOAT))
            .putAttr("then_branch", Attrs.function("b" + (k - 1)))
            .putAttr("else_branch", Attrs.function("b" + (k - 1)))
            .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
      }
      model.call("call", "b59", "x");
      model.answer("call");
    }
  },
  /**
   * One attribute names fifty thousand functions, for each of 256 calls that differ in arguments.
   */
  MANY_NAMES_MANY_CALLS("had to be looked at") {
    @Override
    void write(HandMade model) {
      model.function("id").putRet("y", "x");
      FunctionDef.Builder function = model.function("f");
      function.getSignatureBuilder().clearInputArg();
      AttrValue.ListValue.Builder names = AttrValue.ListValue.newBuilder();
      for (int i = 0; i < 50_000; i++) {
        names.addFunc(NameAttrList.newBuilder().setName("id"));
      }
      for (int i = 0; i < 8; i++) {
        function
            .getSignatureBuilder()
            .addInputArgBuilder()
            .setName("a" + i)
            .setType(DataType.DT_STRING);
      }
      function
          .addNodeDefBuilder()
          .setName("names")
          .setOp("NoOp")
          .putAttr("_user_specified_name", AttrValue.newBuilder().setList(names).build());
      function.getSignatureBuilder().getOutputArgBuilder(0).setType(DataType.DT_STRING);
      function.putRet("y", "a0");
      model.text("empty", "").text("full", "a");
      NodeDef.Builder answer = model.answer("x");
      for (int call = 0; call < 256; call++) {
        NodeDef.Builder node =
            model
                .node("call" + call, "PartitionedCall")
                .putAttr("f", Attrs.function("f"))
                .putAttr("Tin", Attrs.types(Collections.nCopies(8, DataType.DT_STRING)))
                .putAttr("Tout", Attrs.types(List.of(DataType.DT_STRING)));
        for (int i = 0; i < 8; i++) {
          node.addInput((call >> i & 1) == 0 ? "empty" : "full");
        }
        answer.addInput("^call" + call);
      }
    }
  },
  /** An attribute that holds what it was given twice, thirty functions deep. */
  GROWING_ATTRIBUTE("bytes; it is damaged or made to exhaust memory") {
    @Override
    void write(HandMade model) {
      identity(model.function("a0"), "y", "x");
      AttrValue twice = AttrValue.newBuilder().setPlaceholder("a").build();
      AttrValue both =
          AttrValue.newBuilder()
              .setFunc(
                  NameAttrList.newBuilder().setName("q").putAttr("x", twice).putAttr("y", twice))
              .build();
      for (int k = 1; k < 30; k++) {
        FunctionDef.Builder function = model.function("a" + k);
        call(function, "y", "x", "a" + (k - 1));
        NodeDef.Builder node = function.getNodeDefBuilder(0);
        node.putAttr(
            "f",
            AttrValue.newBuilder()
                .setFunc(NameAttrList.newBuilder().setName("a" + (k - 1)).putAttr("a", both))
                .build());
        function.putRet("y", "y:output:0");
      }
      model
          .node("call", "PartitionedCall", "x")
          .putAttr(
              "f",
              AttrValue.newBuilder()
                  .setFunc(NameAttrList.newBuilder().setName("a29").putAttr("a", Attrs.of("a")))
                  .build())
          .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
      model.answer("call");
    }
  },
  /** Each function calls the one before ten times, and each call adds a node. */
  TEN_TIMES_THE_NODES("made to exhaust memory") {
    @Override
    void write(HandMade model) {
      for (int k = 0; k < 9; k++) {
        FunctionDef.Builder function = model.function("f" + k);
        String last = "x";
        for (int i = 0; i < 10; i++) {
          NodeDef.Builder node =
              function.addNodeDefBuilder().setName("n" + i).addInput(last).setOp("Neg");
          if (k > 0) {
            node.setOp("f" + (k - 1));
          } else {
            node.putAttr("T", Attrs.of(DataType.DT_FLOAT));
          }
          last = "n" + i + ":y:0";
        }
        function.putRet("y", last);
      }
      model.node("call", "f8", "x");
      model.answer("call");
    }
  },
  /** The keys of the restore op are a constant of 2^62 elements. */
  HUGE_CONSTANT("2 GiB") {
    @Override
    void write(HandMade model) {
      restoring(model, Shape.of(1L << 31, 1L << 31), 0);
    }
  },
  /** They are one of 2 GB, all of them the one that is listed. */
  REPEATED_CONSTANT("lists 1 values") {
    @Override
    void write(HandMade model) {
      restoring(model, Shape.of(260_000_000), 1);
    }
  },
  /** Two layers, each holding the other twice. */
  LAYERS_IN_EACH_OTHER("") {
    @Override
    void write(HandMade model) {
      model.answer("x");
      SavedObjectGraph.Builder objects = model.meta().getObjectGraphDefBuilder();
      layer(objects, 0, 3);
      layer(objects, 3, 6, 6);
      layer(objects, 6, 3, 3);
    }
  },
  /** Forty storeys of two layers, each holding both of the storey below: 2^40 ways. */
  LAYERS_IN_STOREYS("more than") {
    @Override
    void write(HandMade model) {
      model.answer("x");
      SavedObjectGraph.Builder objects = model.meta().getObjectGraphDefBuilder();
      layer(objects, 0, 3, 6);
      for (int storey = 0; storey < 40; storey++) {
        int below = 3 + 6 * (storey + 1);
        layer(objects, below - 6, below, below + 3);
        layer(objects, below - 3, below, below + 3);
      }
      layer(objects, 3 + 6 * 40);
      layer(objects, 6 + 6 * 40);
    }
  },
  /** Three thousand loops, each in the body of the next. */
  LOOPS_IN_LOOPS("deep") {
    @Override
    void write(HandMade model) {
      FunctionDef.Builder first = model.function("n0");
      identity(first, "y", "x");
      for (int k = 1; k < 3000; k++) {
        FunctionDef.Builder function = model.function("n" + k);
        loop(function.addNodeDefBuilder().setName("y").addInput("x"), "n" + (k - 1));
      }
      loop(model.node("loop", "While", "x"), "n2999");
      model.answer("loop");
    }
  },
  /** A function that is called only in training calls another, and that one another, 3,000 deep. */
  CALLS_IN_CALLS("deep") {
    @Override
    void write(HandMade model) {
      identity(model.function("c0"), "y", "x");
      for (int k = 1; k < 3000; k++) {
        call(model.function("c" + k), "y", "x", "c" + (k - 1));
      }
      model.answer("x");
    }
  },
  /** Twenty thousand nodes one behind the other, of an op that hands its input on. */
  CHAIN_OF_IDENTITIES("") {
    @Override
    void write(HandMade model) {
      chain(model, "Identity", "x", "end");
      model.answer("end");
    }
  },
  /** Of ops that change shapes. */
  CHAIN_OF_SHAPES("") {
    @Override
    void write(HandMade model) {
      chain(model, "Squeeze", "x", "end");
      model.answer("end");
    }
  },
  /** Of ops that compute. */
  CHAIN_OF_ACTIVATIONS("") {
    @Override
    void write(HandMade model) {
      chain(model, "Relu", "x", "end");
      model.answer("end");
    }
  },
  /** Before the kernel of a dense layer. */
  CHAIN_BEFORE_A_KERNEL("") {
    @Override
    void write(HandMade model) {
      model
          .node("kernel", "Const")
          .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
          .putAttr(
              "value",
              Attrs.of(
                  TensorProto.newBuilder()
                      .setDtype(DataType.DT_FLOAT)
                      .setTensorShape(Shape.of(2, 2).toProto())
                      .addFloatVal(1)
                      .build()));
      chain(model, "Sqrt", "kernel", "end");
      model
          .node("dense", "MatMul", "x", "end")
          .putAttr("T", Attrs.of(DataType.DT_FLOAT))
          .putAttr("transpose_a", Attrs.of(false))
          .putAttr("transpose_b", Attrs.of(false));
      model.answer("dense");
    }
  },
  /** Before the number by which pixels are divided. */
  CHAIN_BEFORE_A_SCALE("") {
    @Override
    void write(HandMade model) {
      model
          .node("scale", "Const")
          .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
          .putAttr(
              "value",
              Attrs.of(
                  TensorProto.newBuilder()
                      .setDtype(DataType.DT_FLOAT)
                      .setTensorShape(Shape.scalar().toProto())
                      .addFloatVal(1)
                      .build()));
      chain(model, "Identity", "scale", "end");
      model.node("scaled", "Mul", "x", "end").putAttr("T", Attrs.of(DataType.DT_FLOAT));
      model.answer("scaled");
    }
  },
  /** Attributes of functions within attributes of functions. */
  ATTRIBUTES_IN_ATTRIBUTES("nested too deeply") {
    @Override
    void write(HandMade model) {
      AttrValue inner = Attrs.of("end");
      for (int k = 0; k < 120; k++) {
        inner =
            AttrValue.newBuilder()
                .setFunc(NameAttrList.newBuilder().setName("f").putAttr("a", inner))
                .build();
      }
      FunctionDef.Builder function = model.function("f");
      function
          .addNodeDefBuilder()
          .setName("y")
          .setOp("Identity")
          .addInput("x")
          .putAttr("T", Attrs.of(DataType.DT_FLOAT))
          .putAttr("_user_specified_name", inner);
      model.call("call", "f", "x");
      model.answer("call");
    }
  };

  private final String refusal;

  Bomb(String refusal) {
    this.refusal = refusal;
  }

  /** What the refusal says; empty where the model is read. */
  public String refusal() {
    return refusal;
  }

  abstract void write(HandMade model);

  /** Writes the model into {@code folder}. */
  public Path in(Path folder) {
    HandMade model = new HandMade();
    write(model);
    return model.in(folder);
  }
}
