package dev.graft;

import static dev.graft.surgeon.edit.Edits.encodedInput;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import dev.graft.answer.Prediction;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.error.TimeLimitException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.savedmodel.file.Durable;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What a served model says is what it means, or it says why not. */
@Tag("slow")
class ServedAnswersTest {

  @TempDir private Path out;

  private static Path photo() throws IOException {
    try (Stream<Path> all = Files.list(Checkout.path("testdata/photos/fish"))) {
      return all.sorted().findFirst().orElseThrow();
    }
  }

  private static byte[] bytes() throws IOException {
    return Files.readAllBytes(photo());
  }

  private static Model softmax() {
    return TinyPictures.of((g, logits) -> g.add("Softmax", logits));
  }

  /** An operator may clear old versions away while they are served. */
  @Test
  void theFolderIsNotReadLater() throws IOException {
    try (Graft graft = Graft.open()) {
      Version version = graft.publish(softmax(), out);
      try (LiveModel live = graft.serve(version)) {
        Durable.delete(version.path());
        assertThat(live.isClassifier()).isTrue();
        assertThat(live.classify(photo()).scores()).containsOnlyKeys("day", "night");
      }
    }
  }

  /** Its signature takes {@code bytes} and gives the labels with each answer. */
  @Test
  void aVersionOfBeforeIsReadServedAndPublishedAgain() throws IOException {
    Path version = Checkout.path("testdata/published/bytes");
    try (Graft graft = Graft.open();
        LiveModel before = graft.serve(version);
        LiveModel now = graft.serve(graft.publish(Graft.load(version), out))) {
      assertThat(before.labels()).isEqualTo(TinyPictures.LABELS);
      assertThat(before.classify(photo())).isEqualTo(now.classify(photo()));
      assertThat(before.classify(List.of(bytes(), bytes()))).hasSize(2);
    }
  }

  @Test
  void answersForEachPositionAreNoLabels() throws IOException {
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(TinyPictures.perPosition(), out))) {
      assertThat(live.isClassifier()).isFalse();
      assertThat(live.labels()).isEqualTo(TinyPictures.LABELS);
      assertThatThrownBy(() -> live.classify(photo()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("for each position", "numbers(picture)");
      assertThatThrownBy(() -> live.classify(List.of(bytes(), bytes())))
          .isInstanceOf(BadRequestException.class);
      assertThat(live.numbers(photo())).hasSize(8 * 8 * 2);
    }
  }

  @Test
  void logarithmsAreServedAsProbabilities() throws IOException {
    Model logarithms = TinyPictures.of((g, logits) -> g.add("LogSoftmax", logits));
    try (Graft graft = Graft.open();
        LiveModel plain = graft.serve(graft.publish(softmax(), out));
        LiveModel live = graft.serve(graft.publish(logarithms, out))) {
      Map<String, Float> wanted = plain.classify(photo()).scores();
      assertThat(live.classify(photo()).scores().get("day"))
          .isCloseTo(wanted.get("day"), within(1e-6f));
      assertThat(live.numbers(photo()).get(0)).isNegative();
    }
  }

  @Test
  void whatIsNoNumberIsNoAnswer() throws IOException {
    Model broken =
        TinyPictures.of((g, logits) -> g.add("Softmax", g.add("Mul", logits, g.scalar(Float.NaN))));
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(broken, out))) {
      assertThatThrownBy(() -> live.classify(List.of(bytes())))
          .isInstanceOf(BadModelException.class)
          .hasMessageContainingAll("'picture 0'", "NaN");
    }
    Prediction mixed = new Prediction(ImmutableMap.of("a", Float.NaN, "b", 0.1f, "c", 0.9f));
    assertThat(mixed.label()).isEqualTo("c");
    assertThat(mixed.top(3)).extracting(Prediction.Score::label).containsExactly("c", "b", "a");
  }

  @Test
  void picturesThatCannotBeRightAreRefusedUnseen() throws IOException {
    byte[] palette = bmp(8);
    byte[] huge = png(30_000, 30_000);
    Path file = Files.write(out.resolve("scan.bmp"), palette);
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(softmax(), out.resolve("base")))) {
      assertThatThrownBy(() -> live.classify(file))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("scan.bmp", "palette");
      assertThatThrownBy(() -> live.numbers(file)).isInstanceOf(BadDataException.class);
      assertThatThrownBy(() -> live.classify(List.of(bytes(), palette)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("'picture 1'", "palette");
      assertThatThrownBy(() -> live.classify(List.of(huge)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("'picture 0'", "30,000 x 30,000", "100,000,000");
      assertThatThrownBy(() -> live.classify(List.of()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("at least one");
    }
  }

  private static byte[] bmp(int bits) {
    ByteBuffer bmp = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    bmp.put((byte) 'B').put((byte) 'M').putInt(64).putInt(0).putInt(54).putInt(40);
    bmp.putInt(2).putInt(2).putShort((short) 1).putShort((short) bits);
    return bmp.array();
  }

  private static byte[] png(int width, int height) {
    ByteBuffer png = ByteBuffer.allocate(64);
    png.put((byte) 0x89).put("PNG\r\n\032\n".getBytes(US_ASCII));
    png.putInt(13).put("IHDR".getBytes(US_ASCII));
    png.putInt(width).putInt(height);
    return png.array();
  }

  /** Trained on uploads in memory, or made for clients that send files: it decodes by itself. */
  @Test
  void aModelThatDecodesPicturesItselfIsServed() throws IOException {
    try (Graft graft = Graft.open();
        LiveModel plain = graft.serve(graft.publish(softmax(), out.resolve("plain")));
        LiveModel live =
            graft.serve(graft.publish(softmax().with(encodedInput()), out.resolve("encoded")))) {
      assertThat(live.labels()).isEqualTo(TinyPictures.LABELS);
      assertThat(live.classify(photo())).isEqualTo(plain.classify(photo()));
      assertThat(live.classify(List.of(bytes(), bytes()))).hasSize(2);
    }
  }

  @Test
  void aCallThatTakesTooLongIsGivenUp() throws IOException {
    try (Graft graft = Graft.open()) {
      Version version =
          graft.publish(
              Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
                  .with(replaceHead(HeadSpec.singleLabel(TinyPictures.LABELS))),
              out);
      ServeOptions hasty = ServeOptions.defaults().timeout(Duration.ofMillis(1));
      try (LiveModel live = graft.serve(version.path(), hasty)) { // which makes the first call
        assertThat(live.labels()).isEqualTo(TinyPictures.LABELS);
        List<byte[]> many = Collections.nCopies(200, bytes());
        assertThatThrownBy(() -> live.classify(many))
            .isInstanceOf(TimeLimitException.class)
            .asString()
            .contains("no answer within 0.001 s", "ServeOptions.timeout");
        assertThat(live.stats().failed()).isEqualTo(200);
        assertThat(live.stats().answered()).isZero();
      }
    }
  }

  @Test
  void oneNumberForEachPictureIsTheScoreOfOneLabel() throws IOException {
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(TinyPictures.ofOneLabel(), out))) {
      assertThat(live.isClassifier()).isTrue();
      List<Prediction> both = live.classify(List.of(bytes(), bytes()));
      assertThat(both).hasSize(2);
      assertThat(both.get(0).scores()).containsOnlyKeys("day");
      assertThat(both.get(1)).isEqualTo(live.classify(photo()));
    }
  }

  /** Says day of one picture or two, and night of more at once. */
  private static Model dayOfFew() {
    Model model =
        TinyPictures.of(
            (g, logits) -> {
              TensorRef rows = g.add("GatherV2", g.add("Shape", logits), g.scalar(0), g.scalar(0));
              TensorRef few =
                  g.op("Cast")
                      .input(g.add("LessEqual", rows, g.scalar(2)))
                      .attr("DstT", DataType.DT_FLOAT)
                      .output();
              TensorRef sign = g.add("Sub", few, g.scalar(0.5f));
              TensorRef day = g.constant(TensorValue.of(Shape.of(2), new float[] {9, -9}));
              TensorRef none = g.add("Mul", logits, g.scalar(0f));
              return g.add("Softmax", g.add("Add", none, g.add("Mul", day, sign)));
            });
    Head head = model.heads().get(0);
    TensorRef said = TensorRef.parse(model.graph().node(head.output().node()).getInput(0));
    return model.toBuilder()
        .heads(
            List.of(
                new Head(
                    head.name(),
                    head.kind(),
                    head.labels(),
                    head.features(),
                    said,
                    head.output(),
                    head.units())))
        .build();
  }

  /** What memory has no room for in training it has no room for then. */
  @Test
  void noMoreAtOnceThanTheRecipeSays() throws IOException {
    try (Stream<Path> all = Files.list(Checkout.path("testdata/photos/fish"))) {
      List<Path> photos = all.sorted().limit(5).toList();
      for (int i = 0; i < photos.size(); i++) {
        Path label =
            Files.createDirectories(out.resolve("photos").resolve(i == 0 ? "night" : "day"));
        Files.copy(photos.get(i), label.resolve(i + ".jpg"));
      }
    }
    Dataset pictures = Dataset.imageFolder(out.resolve("photos"));
    Recipe two =
        Recipe.headOnly().head(Recipe.headOnly().head().steps(FineTune.head().microBatch(2)));
    try (Graft graft = Graft.open()) {
      Publication terms =
          Publication.to(out.resolve("base")).examples(pictures).require("accuracy", 0.8);
      assertThatThrownBy(() -> graft.publish(dayOfFew(), terms))
          .isInstanceOf(FailedCheckException.class);
      assertThat(graft.publish(dayOfFew(), terms, TrainOptions.by(two)).gates()).hasSize(1);
    }
  }

  /** A model need not make anything of a black pixel. */
  @Test
  void labelsAreKnownWithoutAnAnswer() throws IOException {
    Model picky =
        TinyPictures.of(
            (g, logits) ->
                g.add(
                    "Softmax",
                    g.op("CheckNumerics")
                        .input(g.add("Reciprocal", logits))
                        .attr("message", "black")
                        .output()));
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(picky, out))) {
      assertThat(live.labels()).isEqualTo(TinyPictures.LABELS);
      assertThat(live.classify(photo()).scores()).containsOnlyKeys("day", "night");
    }
  }

  /** As in the jar of an application: no file of its own. */
  @Test
  void aModelInAnArchivesFileSystemIsLoaded() throws IOException {
    Path original = Checkout.path("testdata/surgery/efficientnet/model");
    URI zip = URI.create("jar:" + out.resolve("model.zip").toUri());
    try (FileSystem files = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      try (Stream<Path> all = Files.walk(original)) {
        for (Path from : all.toList()) {
          Path to = files.getPath("/model/" + original.relativize(from));
          if (Files.isDirectory(from)) {
            Files.createDirectories(to);
          } else {
            Files.copy(from, to);
          }
        }
      }
    }
    try (FileSystem files = FileSystems.newFileSystem(zip, Map.of());
        Graft graft = Graft.open()) {
      Model model = Graft.load(files.getPath("/model"));
      assertThat(graft.publish(model, out.resolve("base")).number()).isEqualTo(1);
      assertThat(files.getPath("/").getFileSystem().isOpen()).isTrue();
      assertThatThrownBy(() -> graft.serve(files.getPath("/model"), Trust.ALLOW))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("lies in an archive");
    }
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("model.zip", "base");
    }
  }

  /** As that of a jar within a jar, in which Spring Boot keeps its resources. */
  private static final class StreamsOnly extends FaultyFileSystem {
    StreamsOnly() {
      super(0, Fault.ONCE);
    }

    @Override
    public FileChannel newFileChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) {
      throw new UnsupportedOperationException("no channel of a file");
    }

    @Override
    public SeekableByteChannel newByteChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      return Files.newByteChannel(Path.of(path.toString()), options);
    }
  }

  @Test
  void aFileSystemWithoutChannelsOfFilesWillDo() {
    Path original = Checkout.path("testdata/surgery/efficientnet/model");
    Model model = Graft.load(new StreamsOnly().wrap(original));
    VariableValues values = new VariableValues();
    assertThat(model.variables())
        .isNotEmpty()
        .allSatisfy(variable -> assertThat(values.of(variable)).isNotNull());
  }

  /** Else the scores of one picture are taken for the next one's. */
  @Test
  void moreLabelsThanScoresAreRefused() {
    Model model = softmax();
    Head head = model.heads().get(0);
    Model wrong =
        model.toBuilder()
            .heads(
                List.of(
                    new Head(
                        head.name(),
                        head.kind(),
                        Optional.of(Labels.of("day", "night", "dusk")),
                        head.features(),
                        head.logits(),
                        head.output(),
                        3)))
            .build();
    try (Graft graft = Graft.open()) {
      Version version = graft.publish(wrong, out);
      assertThatThrownBy(() -> graft.serve(version))
          .isInstanceOf(BadModelException.class)
          .hasMessageContainingAll("knows 3 labels", "[1, 2]");
    }
  }
}
