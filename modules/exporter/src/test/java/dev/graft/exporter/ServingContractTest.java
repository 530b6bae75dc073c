package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.savedmodel.file.VersionFolders;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/**
 * What TensorFlow Serving demands of a version and of the folder that it lies in, as its sources
 * have it: file_system_storage_path_source.cc for versions, json_tensor.cc for REST,
 * predict_util.cc and classifier.cc for signatures, saved_model_warmup_util.cc for the warm-up.
 */
class ServingContractTest {

  /** What absl::SimpleAtoi takes: blanks around it and a sign, too, and then what 64 bits hold. */
  private static final Pattern ATOI = Pattern.compile("\\s*([+-]?\\d{1,19})\\s*");

  /** What json_tensor.cc writes. */
  private static final Set<DType> IN_JSON =
      EnumSet.of(
          DType.FLOAT32,
          DType.FLOAT64,
          DType.INT8,
          DType.INT16,
          DType.INT32,
          DType.INT64,
          DType.UINT8,
          DType.UINT32,
          DType.UINT64,
          DType.BOOL,
          DType.STRING);

  private static final int ROWS = 5;

  private static TensorFlowRuntime runtime;

  @TempDir private Path base;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static OptionalLong number(String name) {
    var matcher = ATOI.matcher(name);
    try {
      return matcher.matches()
          ? OptionalLong.of(Long.parseLong(matcher.group(1)))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** What a server takes for versions (IndexChildrenByVersion): of two of one number the last. */
  private static TreeMap<Long, String> seen(Path base) throws IOException {
    TreeMap<Long, String> versions = new TreeMap<>();
    try (Stream<Path> all = Files.list(base)) {
      all.map(path -> path.getFileName().toString())
          .sorted()
          .forEach(name -> number(name).ifPresent(version -> versions.put(version, name)));
    }
    return versions;
  }

  private Version publish(Proof... proofs) {
    return Exporter.publish(runtime, PictureModel.of(-1), base, proofs);
  }

  @Test
  void theHighestNumberIsServedAndTheNextIsHigher() throws IOException {
    for (String name : List.of("9", "10", "007", "lost+found", ".graft-tmp-x", ".snapshot")) {
      Files.createDirectory(base.resolve(name));
    }
    Files.createFile(base.resolve("models.config"));
    assertThat(seen(base)).containsOnlyKeys(7L, 9L, 10L);
    assertThat(VersionFolders.in(base))
        .extracting(path -> path.getFileName().toString())
        .containsExactlyElementsOf(seen(base).values());
    assertThat(publish().path()).isEqualTo(base.resolve("11"));
    assertThat(seen(base).lastEntry().getValue()).isEqualTo("11");
  }

  /** Whatever order the disk lists them in. */
  @Test
  void ofTwoNamesOfOneNumberTheSameIsServed() throws IOException {
    for (String name : List.of("3", "03", "003", "0003", "4", "04", "00004")) {
      Files.createDirectory(base.resolve(name));
    }
    List<Path> all = VersionFolders.in(base);
    assertThat(all.get(all.size() - 1)).isEqualTo(base.resolve(seen(base).get(4L)));
    assertThat(all.subList(0, 4)).last().isEqualTo(base.resolve(seen(base).get(3L)));
  }

  /** A server would go to it instead of what is published. */
  @ParameterizedTest
  @ValueSource(strings = {"+12", " 12", "12 ", "-1", "9223372036854775807"})
  void whatAServerTakesForAVersionAndGraftDoesNotIsRefused(String name) throws IOException {
    Files.createDirectory(base.resolve(name));
    assertThat(seen(base)).hasSize(1);
    assertThatThrownBy(this::publish)
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'" + name + "', which is no version");
  }

  /** The server does not look whether it is a folder. */
  @Test
  void aFileCalledByANumberIsRefused() throws IOException {
    Files.createFile(base.resolve("12"));
    assertThatThrownBy(this::publish).hasMessageContaining("'12', which is no version");
  }

  @Test
  void aVersionIsWholeWhenAServerFirstSeesIt() throws IOException {
    Map<Path, String> announced = new HashMap<>();
    List<String> hidden = new ArrayList<>();
    Version version =
        Exporter.publish(
            runtime,
            PictureModel.of(-1),
            base,
            List.of(),
            (path, digest) -> {
              announced.put(path, digest);
              try (Stream<Path> all = Files.list(base)) {
                all.forEach(each -> hidden.add(each.getFileName().toString()));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    assertThat(hidden).isNotEmpty().allMatch(name -> number(name).isEmpty());
    assertThat(announced).containsEntry(version.path(), FolderDigest.of(version.path()));
  }

  private static MetaGraphDef meta(Path version) throws IOException {
    SavedModel file = SavedModel.parseFrom(Files.readAllBytes(version.resolve("saved_model.pb")));
    assertThat(file.getMetaGraphsList())
        .as("--saved_model_tags is 'serve'")
        .singleElement()
        .satisfies(only -> assertThat(only.getMetaInfoDef().getTagsList()).contains("serve"));
    return file.getMetaGraphs(0);
  }

  /** Of pictures, tf.Examples, features and two heads. */
  private List<Path> versions() {
    return List.of(
        publish(Proof.features()).path(),
        Exporter.publish(runtime, FeaturesSignatureTest.twoHeads(), base, Proof.features()).path());
  }

  /** Else rows of JSON cannot be made of them: "inconsistent batch size". */
  @Test
  void theFirstDimensionIsTheBatchEverywhere() throws IOException {
    for (Path version : versions()) {
      for (Map.Entry<String, SignatureDef> each : meta(version).getSignatureDefMap().entrySet()) {
        if (!each.getKey().equals("__saved_model_init_op")) {
          List<TensorInfo> tensors = new ArrayList<>(each.getValue().getInputsMap().values());
          tensors.addAll(each.getValue().getOutputsMap().values());
          assertThat(tensors)
              .as(each.getKey())
              .isNotEmpty()
              .allMatch(info -> !info.getTensorShape().getUnknownRank())
              .allMatch(info -> info.getTensorShape().getDimCount() > 0)
              .allMatch(info -> info.getTensorShape().getDim(0).getSize() == -1);
        }
      }
      try (SavedModelSession session = runtime.loadSavedModel(version, Set.of("serve"))) {
        List<WarmUp.Request> requests =
            WarmUp.read(version.resolve("assets.extra"), session.signatures());
        assertThat(requests)
            .extracting(request -> request.signature().name())
            .containsAll(session.signatures().keySet());
        for (WarmUp.Request request : requests) {
          Map<String, TensorValue> inputs = BatchRows.take(request.inputs(), 0, ROWS);
          assertThat(session.call(request.signature().name(), inputs).values())
              .as(request.signature().name())
              .allMatch(answer -> answer.shape().dim(0) == ROWS);
        }
      }
    }
  }

  /**
   * Encoded pictures are sent as {"b64": "..."}, which is decoded for any input of strings; what an
   * output of strings gives goes out as text, and as base64 only by a name that ends in _bytes.
   */
  @Test
  void namesAndTypesGoThroughJson() throws IOException {
    for (Path version : versions()) {
      try (SavedModelSession session = runtime.loadSavedModel(version, Set.of("serve"))) {
        assertThat(session.signatures().get(Signature.SERVING_BYTES).inputs())
            .containsOnlyKeys("image_bytes");
        for (Signature signature : session.signatures().values()) {
          assertThat(signature.inputs().values()).extracting(TensorSpec::dtype).isSubsetOf(IN_JSON);
          assertThat(signature.outputs().values())
              .extracting(TensorSpec::dtype)
              .as("outputs of " + signature.name())
              .isSubsetOf(IN_JSON);
          assertThat(signature.method())
              .isEqualTo(
                  signature.name().startsWith("classify")
                      ? ClassifySignature.METHOD
                      : Signature.PREDICT);
        }
        for (WarmUp.Request request :
            WarmUp.read(version.resolve("assets.extra"), session.signatures())) {
          session
              .call(request.signature().name(), request.inputs())
              .forEach(
                  (name, answer) -> {
                    if (answer.dtype() == DType.STRING && !name.endsWith("_bytes")) {
                      assertThat(answer.strings()).allMatch(ByteString::isValidUtf8);
                    }
                  });
        }
      }
    }
  }

  /**
   * A session of TensorFlow's C++ says of such a signature "both fed and fetched"; Graft's own
   * calls leave out what they were given, so that no comparison finds it.
   */
  @Test
  void noOutputIsAnInput() throws IOException {
    Model numbers = TableModel.of(-1);
    Signature serving = numbers.servingSignature();
    Map<String, TensorSpec> outputs = new HashMap<>(serving.outputs());
    outputs.put("same", serving.inputs().get("x")); // legal in Keras
    Model passing =
        numbers.toBuilder().signatures(List.of(serving.with(serving.inputs(), outputs))).build();
    for (Model model : List.of(numbers, passing)) {
      Version version = Exporter.publish(runtime, model, base, Proof.features());
      assertThat(version.report().uncompared()).isEmpty();
      meta(version.path())
          .getSignatureDefMap()
          .forEach(
              (name, signature) ->
                  assertThat(signature.getOutputsMap().values())
                      .as(name)
                      .extracting(TensorInfo::getName)
                      .noneMatch(
                          tensor ->
                              signature.getInputsMap().values().stream()
                                  .anyMatch(input -> input.getName().equals(tensor))));
    }
    assertThatThrownBy(
            () -> SavedModelFiles.requireOutputsOfItsOwn(serving.with(serving.inputs(), outputs)))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("[same] of signature 'serving_default' are its inputs");
  }

  /** Protobuf reads no message of 2 GB. */
  @Test
  void aGraphThatNobodyCouldReadIsRefused() {
    byte[] content = new byte[100 << 20];
    AttrValue value =
        AttrValue.newBuilder()
            .setTensor(
                TensorProto.newBuilder().setTensorContent(ByteString.copyFrom(content)).build())
            .build();
    NodeDef node =
        NodeDef.newBuilder().setName("weights").setOp("Const").putAttr("value", value).build();
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
    for (int i = 0; i < 10; i++) {
      meta.getGraphDefBuilder().addNode(node);
    }
    SavedModelFiles.requireReadable(meta.build());
    var function = meta.getGraphDefBuilder().getLibraryBuilder().addFunctionBuilder();
    for (int i = 0; i < 11; i++) { // the same for Python
      function.addNodeDef(node);
    }
    assertThatThrownBy(() -> SavedModelFiles.requireReadable(meta.build()))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("would have 2.2 GB");
  }

  @Test
  void theWarmUpLiesWhereAServerLooks() throws IOException {
    Path file = publish().path().resolve("assets.extra/tf_serving_warmup_requests");
    assertThat(file).isRegularFile();
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
        .contains(Signature.SERVING_DEFAULT, Signature.SERVING_BYTES, "classify");
  }
}
