package dev.graft.serving;

import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.error.BadModelException;
import dev.graft.error.GraftException;
import dev.graft.savedmodel.checkpoint.RecordReader;
import dev.graft.savedmodel.checkpoint.RecordWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.TensorProto;

/** Versions that cannot be opened, and folders that cannot be read. */
@Tag("slow")
class DamagedVersionsTest extends ServedVersions {

  private static final AttrValue NONE = AttrValue.getDefaultInstance();

  @Test
  void aVersionThatCannotBeOpenedIsLeftAlone() throws IOException {
    publish(1);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      Files.createDirectory(base.resolve("2"));
      byte[] rubbish = "no model".getBytes(StandardCharsets.US_ASCII);
      Files.write(base.resolve("2/saved_model.pb"), rubbish);
      serving.refresh();
      assertThat(serving.version()).isEqualTo(1);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(serving.stats().health().leftOut()).isPresent();
      assertThat(heard)
          .anySatisfy(
              event -> {
                ServingEvent.KeptBefore kept = (ServingEvent.KeptBefore) event;
                assertThat(kept.kept()).isEqualTo(1);
                assertThat(kept.failed()).isEqualTo(2);
              });
      publish(3);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(3);
      assertThat(serving.stats().health().leftOut()).isEmpty();
    }
  }

  /** Cuts a file of a version off in its middle. */
  private void damage(int number, String file) throws IOException {
    Path path = base.resolve(number + "/" + file);
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length / 2));
  }

  @Test
  void theNewestThatWorksAnswersFromTheStart() throws IOException {
    publish(1);
    publish(2);
    damage(2, "variables/variables.data-00000-of-00001");
    publish(3);
    damage(3, "saved_model.pb");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(left()).containsExactly(3L, 2L);
      assertThat(serving.stats().health().leftOut().orElseThrow())
          .contains("version 3: ", "version 2: ");
      serving.refresh();
      assertThat(serving.version()).isEqualTo(1);
      assertThat(left()).containsExactly(3L, 2L, 3L, 2L);
      publish(4);
      publish(5);
      damage(5, "variables/variables.index");
      serving.refresh(); // past 5
      assertThat(version(serving.answer(photo))).isEqualTo(4);
      assertThat(heard).contains(new ServingEvent.Swapped(1, 4));
      assertThat(serving.stats().health().leftOut().orElseThrow())
          .contains("version 5: ")
          .doesNotContain("version 3");
      publish(6);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(6);
      assertThat(serving.stats().health().leftOut()).isEmpty();
    }
  }

  /** It can be opened, and says of everything what is no number. */
  private void poison(int number) throws IOException {
    Path path = base.resolve(number + "/saved_model.pb");
    SavedModel.Builder model = SavedModel.parseFrom(Files.readAllBytes(path)).toBuilder();
    GraphDef.Builder graph = model.getMetaGraphsBuilder(0).getGraphDefBuilder();
    int poisoned = 0;
    for (NodeDef.Builder node : graph.getNodeBuilderList()) {
      TensorProto value = node.getAttrOrDefault("value", NONE).getTensor();
      if (node.getOp().equals("Const") && value.getTensorShape().getDimCount() == 2) {
        byte[] spoiled = new byte[value.getTensorContent().size()];
        Arrays.fill(spoiled, (byte) 0xff); // each four of them are a NaN
        node.putAttr(
            "value",
            AttrValue.newBuilder()
                .setTensor(value.toBuilder().setTensorContent(ByteString.copyFrom(spoiled)))
                .build());
        poisoned++;
      }
    }
    assertThat(poisoned).isPositive();
    Files.write(path, model.build().toByteArray());
  }

  /** It loads, and every answer would be a failure. */
  @Test
  void aVersionThatAnswersNoNumbersIsLeftAlone() throws IOException {
    publish(1);
    publish(2);
    poison(2);
    try (Serving serving = serving(options().poll(Duration.ZERO))) { // from the start
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(left()).containsExactly(2L);
      publish(3);
      poison(3);
      Files.delete(base.resolve("3/assets.extra/tf_serving_warmup_requests"));
      serving.refresh(); // while it answers, by a blank that is made up
      assertThat(left()).containsExactly(2L, 3L, 2L);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(serving.stats().health().leftOut().orElseThrow())
          .contains("version 3: ", "no number (NaN)");
      assertThat(serving.stats().pictures().failed()).isZero();
    }
    try (LiveModel bare = graft.serve(base.resolve("2"), Trust.ALLOW)) { // to look at it
      assertThat(bare.labels().names()).hasSize(2);
    }
  }

  /** What a version brings along to be warmed up with it has to answer. */
  @Test
  void aVersionThatFailsAtItsOwnRequestIsLeftAlone() throws IOException {
    publish(1);
    publish(2);
    Path requests = base.resolve("2/assets.extra/tf_serving_warmup_requests");
    List<ByteString> records = RecordReader.all(requests);
    try (FileChannel out = FileChannel.open(requests, WRITE, TRUNCATE_EXISTING)) {
      RecordWriter writer = new RecordWriter(out);
      for (ByteString each : records) {
        writer.write(noPictures(each));
      }
    }
    publish(3);
    Files.write(base.resolve("3/assets.extra/tf_serving_warmup_requests"), new byte[] {1, 2, 3});
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(serving.version()).isEqualTo(3); // the file is no part of the model
      remove(3);
      serving.refresh();
      assertThat(left()).containsExactly(2L);
      assertThat(serving.version()).isEqualTo(1);
      assertThat(serving.stats().health().leftOut().orElseThrow())
          .contains("the request that it brings along");
    }
  }

  /** The same request of as many bytes, with BMP files that begin otherwise. */
  private static byte[] noPictures(ByteString request) {
    byte[] bytes = request.toByteArray();
    for (int i = 0; i < bytes.length - 1; i++) {
      if (bytes[i] == 'B' && bytes[i + 1] == 'M') {
        bytes[i] = 0;
      }
    }
    return bytes;
  }

  /** Deleted, and published again under its number, between two looks. */
  @Test
  void aVersionThatWasReplacedUnderItsNumberIsTaken() throws IOException {
    publish(1);
    publish(2);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      remove(2);
      publish(7);
      Files.move(base.resolve("7"), base.resolve("2"));
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(7); // as its labels say
      assertThat(heard).contains(new ServingEvent.Swapped(2, 2));
      heard.clear();
      serving.refresh();
      assertThat(heard).isEmpty();
      remove(2);
      publish(2);
      damage(2, "saved_model.pb");
      serving.refresh(); // and nothing older comes, since nobody removed what answers
      assertThat(version(serving.answer(photo))).isEqualTo(7);
      assertThat(serving.stats().health().leftOut().orElseThrow()).contains("version 2: ");
    }
  }

  /** Which versions the listener was told to be left out, and that others answer. */
  private List<Long> left() {
    return heard.stream()
        .flatMap(
            event ->
                event instanceof ServingEvent.KeptBefore kept && kept.kept() == 1
                    ? Stream.of(kept.failed())
                    : Stream.empty())
        .toList();
  }

  @Test
  void whereNoneWorksEachCauseIsTold() throws IOException {
    publish(1);
    damage(1, "variables/variables.data-00000-of-00001");
    assertThatThrownBy(() -> serving(options()))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("variables");
    publish(2);
    damage(2, "saved_model.pb");
    assertThatThrownBy(() -> serving(options()))
        .isInstanceOf(BadModelException.class)
        .hasMessageContainingAll(
            "none of the 2 versions", "version 2: ", "version 1: ", "variables")
        .satisfies(none -> assertThat(none.getSuppressed()).hasSize(1));
  }

  /** TensorFlow Serving takes that number, too. */
  @Test
  void versionZeroIsAVersion() throws IOException {
    publish(0);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isZero();
    }
    damage(0, "saved_model.pb");
    assertThatThrownBy(() -> serving(options())).isInstanceOf(BadModelException.class);
    remove(0);
    publish(0);
    publish(1);
    damage(1, "saved_model.pb");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isZero();
    }
  }

  /** As a new start would, an operator who removes a bad version gets the newest that works. */
  @Test
  void whereTheOneThatAnswersIsRemovedAnOlderOneComes() throws IOException {
    publish(3);
    publish(4);
    publish(5);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      damage(4, "saved_model.pb");
      remove(5);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(3);
      assertThat(heard).contains(new ServingEvent.Swapped(5, 3));
    }
  }

  /** As where a network's folder is away for a while. */
  @Test
  void aFolderThatIsAwayIsToldOnce() throws IOException {
    publish(1);
    publish(2);
    damage(2, "saved_model.pb");
    Path away = base.resolveSibling(base.getFileName() + "-away");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      serving.refresh(); // 2 is left alone for a look
      Files.move(base, away);
      for (int i = 0; i < 3; i++) {
        serving.refresh();
      }
      assertThat(left()).containsExactly(2L, 2L, -1L);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      Files.move(away, base);
      serving.refresh();
      assertThat(serving.stats().health().leftOut().orElseThrow()).contains("version 2: ");
    }
  }
}
