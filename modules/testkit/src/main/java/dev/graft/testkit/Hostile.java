package dev.graft.testkit;

import static dev.graft.testkit.HostileParts.asAnswer;
import static dev.graft.testkit.HostileParts.branch;
import static dev.graft.testkit.HostileParts.cache;
import static dev.graft.testkit.HostileParts.handOn;
import static dev.graft.testkit.HostileParts.handle;
import static dev.graft.testkit.HostileParts.identity;
import static dev.graft.testkit.HostileParts.loop;
import static dev.graft.testkit.HostileParts.nodes;
import static dev.graft.testkit.HostileParts.place;
import static dev.graft.testkit.HostileParts.printer;
import static dev.graft.testkit.HostileParts.variant;
import static dev.graft.testkit.HostileParts.writer;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/**
 * SavedModels that read or write files where nobody looks for it. Most of them passed a check of
 * Graft's at some time. Those that write write {@code loot}; those that read read {@code secret}.
 */
public enum Hostile {
  /** Plainly so. */
  WRITE_FILE("WriteFile") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      writer(model, loot);
      model.answer("x").addInput("^steal");
    }
  },
  /** A harmless {@code main_op}, which TensorFlow does not know, hides the init op that it runs. */
  LEGACY_INIT("WriteFile") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      writer(model, loot);
      model.node("fine", "NoOp");
      model.node("bad", "NoOp", "^steal");
      model.meta().putCollectionDef("main_op", nodes("fine"));
      model.meta().putCollectionDef("legacy_init_op", nodes("bad"));
      model.answer("x");
    }
  },
  /** A loop without state that is only waited for: the flat graph may do without it. */
  IDLE_LOOP("WriteFile") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      FunctionDef.Builder body = model.function("body");
      HandMade.textInto(body.addNodeDefBuilder().setName("path").setOp("Const"), loot.toString());
      body.addNodeDefBuilder()
          .setName("steal")
          .setOp("WriteFile")
          .addInput("path:output:0")
          .addInput("path:output:0");
      handOn(body, "^steal");
      loop(model, "StatelessWhile", NameAttrList.newBuilder().setName("body").build());
      model.answer("x").addInput("^loop");
    }
  },
  /** Maps a file into a constant; no input names it. */
  IMMUTABLE_CONST("ImmutableConst") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model
          .node("leak", "ImmutableConst")
          .putAttr("dtype", Attrs.of(DataType.DT_UINT8))
          .putAttr("memory_region_name", Attrs.of(secret.toString()))
          .putAttr("shape", Attrs.of(Shape.of(1, 8)));
      asAnswer(model, "leak");
    }
  },
  /** The loop's own attribute gives its body the place to print to. */
  PRINT_BY_ATTRIBUTE("PrintV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      printer(model, "body");
      loop(
          model,
          "While",
          NameAttrList.newBuilder()
              .setName("body")
              .putAttr("to", Attrs.of("file://" + loot))
              .build());
      model.answer("loop");
    }
  },
  /** The place is left open by one function and given through another. */
  PRINT_THROUGH_TWO("PrintV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      printer(model, "inner");
      FunctionDef.Builder outer = model.function("outer");
      outer.getSignatureBuilder().addAttrBuilder().setName("to").setType("string");
      outer
          .addNodeDefBuilder()
          .setName("y")
          .setOp("PartitionedCall")
          .addInput("x")
          .putAttr(
              "f",
              AttrValue.newBuilder()
                  .setFunc(
                      NameAttrList.newBuilder()
                          .setName("inner")
                          .putAttr("to", AttrValue.newBuilder().setPlaceholder("to").build()))
                  .build())
          .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
      loop(
          model,
          "While",
          NameAttrList.newBuilder()
              .setName("outer")
              .putAttr("to", Attrs.of("file://" + loot))
              .build());
      model.answer("loop");
    }
  },
  /** The call says one place, the function that it names another: TensorFlow takes the latter. */
  PRINT_BY_THE_OTHER_ATTRIBUTE("PrintV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      printer(model, "body");
      model
          .node("call", "StatefulPartitionedCall", "x")
          .putAttr("to", Attrs.of("stderr"))
          .putAttr(
              "f",
              AttrValue.newBuilder()
                  .setFunc(
                      NameAttrList.newBuilder()
                          .setName("body")
                          .putAttr("to", Attrs.of("file://" + loot)))
                  .build())
          .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
      model.answer("call");
    }
  },
  /** The file's name lies in the other of two places that a constant may have it in. */
  CACHE_IN_CONTENT("CacheDataset") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      byte[] name = loot.toString().getBytes(StandardCharsets.UTF_8);
      TensorProto packed =
          TensorProto.newBuilder()
              .setDtype(DataType.DT_STRING)
              .setTensorShape(Shape.scalar().toProto())
              .setTensorContent(
                  ByteString.copyFrom(new byte[] {(byte) name.length})
                      .concat(ByteString.copyFrom(name)))
              .build();
      model.constant("file", packed);
      cache(model);
    }
  },
  /** The file's name is empty, and an input of the signature: whoever calls gives it. */
  CACHE_BY_THE_CALLER("CacheDataset") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model.text("file", "");
      cache(model);
      model.input("file", "file:0", DataType.DT_STRING);
    }
  },
  /** An asset's constant, which TensorFlow replaces while it initializes and at no other time. */
  ASSET_CONSTANT("ReadFile") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model.text("path", secret.toString());
      model.node("read", "ReadFile", "path");
      model.node("raw", "DecodeRaw", "read").putAttr("out_type", Attrs.of(DataType.DT_UINT8));
      asAnswer(model, "raw");
      model.asset("path", "words.txt");
    }
  },
  /** A variable for an asset's place, assigned another one through a second handle. */
  SECOND_HANDLE("InitializeTableFromTextFileV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      place(model, secret);
      handle(model, "other", DataType.DT_STRING);
    }
  },
  /** Opens a description of messages by its path. */
  PROTO_DESCRIPTOR("EncodeProto") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model.constant("size", TensorValue.of(Shape.of(1, 1), new int[] {1}).toProto());
      model
          .node("encode", "EncodeProto", "size", "x")
          .putAttr("descriptor_source", Attrs.of(secret.toString()))
          .putAttr("message_type", Attrs.of("Any"))
          .putAttr(
              "field_names",
              AttrValue.newBuilder()
                  .setList(AttrValue.ListValue.newBuilder().addS(ByteString.copyFromUtf8("value")))
                  .build())
          .putAttr("Tinput_types", Attrs.types(List.of(DataType.DT_FLOAT)));
      model.answer("x").addInput("^encode");
    }
  },
  /** The attribute that is left open has no name, and so looks as if it were not. */
  PRINT_BY_AN_EMPTY_NAME("PrintV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      printer(model, "body", "");
      branch(
          model,
          NameAttrList.newBuilder()
              .setName("body")
              .putAttr("", Attrs.of("file://" + loot))
              .build());
      model.answer("branch");
    }
  },
  /** TensorFlow forgets what the branch is given, and takes what the function has by default. */
  PRINT_BY_DEFAULT("PrintV2,body") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      FunctionDef.Builder body = printer(model, "body", "to");
      body.getSignatureBuilder().getAttrBuilder(0).setDefaultValue(Attrs.of("file://" + loot));
      branch(
          model,
          NameAttrList.newBuilder().setName("body").putAttr("to", Attrs.of("stderr")).build());
      model.answer("branch");
    }
  },
  /** The second of a list of arguments is written as if it were of a node with the list's name. */
  CACHE_BY_A_LIST("CacheDataset") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      FunctionDef.Builder body = model.function("body");
      body.getSignatureBuilder()
          .clearInputArg()
          .addInputArg(
              OpDef.ArgDef.newBuilder().setName("s").setType(DataType.DT_STRING).setNumberAttr("N"))
          .addAttr(OpDef.AttrDef.newBuilder().setName("N").setType("int"));
      HandMade.textInto(body.addNodeDefBuilder().setName("s").setOp("Const"), "");
      body.addNodeDefBuilder()
          .setName("y")
          .setOp("CacheDataset")
          .addInput("s")
          .addInput("s:1")
          .putAttr("output_types", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("output_shapes", Attrs.shapes(List.of(Shape.unknown())));
      model.text("a", "").text("b", loot.toString());
      branch(model, NameAttrList.newBuilder().setName("body").build());
      model.answer("branch");
    }

    @Override
    public boolean isDamaged() {
      return true; // two things of one name
    }
  },
  /** An object of TensorFlow's own, whose decoder believes what stands in the file. */
  VARIANT_IN_A_CONSTANT("Const") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model.constant("object", variant());
      model.answer("x").addInput("^object");
    }
  },
  /** The same from a text. */
  VARIANT_IN_A_TEXT("ParseTensor") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model.text("text", "");
      model
          .node("object", "ParseTensor", "text")
          .putAttr("out_type", Attrs.of(DataType.DT_VARIANT));
      model.answer("x").addInput("^object");
    }
  },
  /** TensorFlow runs the function that another name's attribute names. */
  CACHE_BY_ANOTHER_NAME("Case") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      identity(model, "inner");
      branch(
          model,
          NameAttrList.newBuilder()
              .setName("SymbolicGradient")
              .putAttr("f", Attrs.function("inner"))
              .build());
      model.answer("branch");
    }
  },
  /** The place of an asset, overwritten through a handle that says that it holds numbers. */
  HANDLE_OF_ANOTHER_DTYPE("InitializeTableFromTextFileV2") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      place(model, secret);
      handle(model, "other", DataType.DT_FLOAT);
    }
  },
  /** The same through an op that makes several handles. */
  ONE_OF_SEVERAL_HANDLES("InitializeTableFromTextFileV2,_VarHandlesOp") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      place(model, secret);
      AttrValue.ListValue.Builder name = AttrValue.ListValue.newBuilder();
      model
          .node("other", "_VarHandlesOp")
          .putAttr("N", Attrs.of(1L))
          .putAttr(
              "containers",
              AttrValue.newBuilder().setList(name.clone().addS(ByteString.EMPTY)).build())
          .putAttr(
              "shared_names",
              AttrValue.newBuilder()
                  .setList(name.clone().addS(ByteString.copyFromUtf8("place")))
                  .build())
          .putAttr("dtypes", Attrs.types(List.of(DataType.DT_STRING)))
          .putAttr("shapes", Attrs.shapes(List.of(Shape.scalar())));
    }
  },
  /** A function's own attribute that is an object of TensorFlow's where nobody gives another. */
  VARIANT_BY_DEFAULT("body") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      FunctionDef.Builder body = identity(model, "body");
      body.getSignatureBuilder()
          .addAttrBuilder()
          .setName("v")
          .setType("tensor")
          .setDefaultValue(Attrs.of(variant()));
      branch(model, NameAttrList.newBuilder().setName("body").build());
      model.answer("branch");
    }
  },
  /** A graph in a string, in which anything may be called. */
  HIDDEN_GRAPH("XlaCallModule") {
    @Override
    void write(HandMade model, Path loot, Path secret) {
      model
          .node("module", "XlaCallModule", "x")
          .putAttr("version", Attrs.of(9L))
          .putAttr("module", Attrs.of("stablehlo"))
          .putAttr("Sout", Attrs.shapes(List.of(Shape.of(-1, 2))))
          .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr(
              "platforms",
              AttrValue.newBuilder().setList(AttrValue.ListValue.newBuilder()).build());
      model.answer("module");
    }
  };

  private final String op;

  Hostile(String op) {
    this.op = op;
  }

  /** The op that does the harm. */
  public String op() {
    return op;
  }

  /** Whether it is refused as damaged, trusted or not. */
  public boolean isDamaged() {
    return false;
  }

  abstract void write(HandMade model, Path loot, Path secret);

  /**
   * Writes the model into a folder.
   *
   * @param loot the file that it would write
   * @param secret the file that it would read
   */
  public Path in(Path folder, Path loot, Path secret) throws IOException {
    HandMade model = new HandMade();
    write(model, loot, secret);
    Files.createDirectories(folder.resolve("assets"));
    Files.writeString(folder.resolve("assets/words.txt"), "AAAAAAAA");
    return model.in(folder);
  }
}
