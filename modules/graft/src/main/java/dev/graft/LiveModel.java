package dev.graft;

import com.google.common.collect.Lists;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import com.google.protobuf.ByteString;
import dev.graft.data.ImageFormat;
import dev.graft.data.boxes.PictureHeader;
import dev.graft.error.BadDataException;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.TimeLimitException;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.internal.place.Leases;
import dev.graft.internal.place.ScratchFolder;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.VersionLease;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.words.Remedy;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * An exported model of pictures, opened by TensorFlow's own loader as a server opens it. It reads
 * encoded pictures through the signature {@code serving_bytes}, so they are decoded as they were in
 * training, or through its only input where the model decodes them itself. It is warm when it is
 * there, and its folder is not read any more. May be called from several threads; close it when
 * done.
 */
public final class LiveModel implements AutoCloseable {

  /** For the first call, in which TensorFlow gets the model ready, whatever the others may take. */
  private static final Duration OPENING = Duration.ofMinutes(2);

  /** A black PNG of one pixel. */
  private static final ByteString BLANK =
      ByteString.copyFrom(
          Base64.getDecoder()
              .decode(
                  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"));

  private final SavedModelSession session;
  private VersionLease lease = VersionLease.none();
  private final PictureSignature signature;
  private final Duration timeout;
  private final ServedFacts.Answer answer;
  private final Optional<Labels> labels;
  private final boolean isPerPosition;

  /**
   * A model that is open.
   *
   * @param place where it is, for messages
   */
  LiveModel(SavedModelSession session, String place, ServedFacts facts, ServeOptions options) {
    this.session = session;
    this.signature = PictureSignature.of(session.signatures(), facts, place);
    this.timeout = options.timeout();
    this.answer = facts.of(signature.scores());
    Map<String, TensorValue> first = aboutABlank();
    this.labels = answer.labels();
    TensorValue scores = first.get(signature.scores());
    this.isPerPosition =
        labels.isPresent()
            && scores != null
            && !signature.findsBoxes()
            && isPerPosition(scores, labels.get(), place);
  }

  /** Opens the SavedModel in {@code folder}, which is in use until it is closed. */
  static LiveModel open(TensorFlowRuntime runtime, Path folder, ServeOptions options) {
    if (folder.getFileSystem() != FileSystems.getDefault()) {
      throw new BadRequestException(
          "'"
              + folder.toUri()
              + "' lies in an archive, and TensorFlow's loader reads folders only; give the archive"
              + " itself, which is unpacked then.");
    }
    ImportOptions load = LoadOptions.defaults().trust(options.trust()).forImport();
    VersionLease lease = Leases.on(folder);
    SavedModelSession session = null;
    try (ScratchFolder scratch = ScratchFolder.open()) {
      // fails if the model reaches beyond itself
      ServedFacts facts = ServedFacts.of(SavedModelImporter.load(folder, load));
      LoadableBundle bundle = LoadableBundle.of(folder, load, scratch.path());
      session = runtime.loadSavedModel(bundle.path(), bundle.tags());
      LiveModel live = new LiveModel(session, folder.toString(), facts, options);
      live.lease = lease;
      return live;
    } catch (RuntimeException | Error e) {
      if (session != null) {
        session.close();
      }
      lease.close();
      throw e;
    }
  }

  /**
   * What it says of a blank picture, so that the next answer comes faster; empty if it can do
   * nothing with that.
   */
  private Map<String, TensorValue> aboutABlank() {
    try {
      boolean isLimited = !timeout.isZero() && timeout.compareTo(OPENING) < 0;
      return call(List.of(BLANK), isLimited ? OPENING : timeout);
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e; // not by the picture: it would answer nothing
      }
      return Map.of();
    }
  }

  /** Whether there is an answer for each of several positions of one picture. */
  private static boolean isPerPosition(TensorValue scores, Labels labels, String place) {
    Shape shape = scores.shape();
    if (labels.size() == 1 && shape.rank() == 1) {
      return false; // one number for each picture
    }
    if (shape.rank() < 2 || shape.dim(-1) != labels.size()) {
      throw new BadModelException(
          "'"
              + place
              + "' knows "
              + labels.size()
              + " labels, and its answer to one picture is "
              + shape
              + "; publish it again with the labels of its outputs.");
    }
    return shape.elements() != labels.size();
  }

  private Map<String, TensorValue> call(List<ByteString> pictures, Duration limit) {
    TensorValue bytes = TensorValue.strings(Shape.of(pictures.size()), pictures);
    try {
      return session.call(signature.name(), Map.of(signature.input(), bytes), limit);
    } catch (TensorFlowException e) {
      if (e.code() == TensorFlowException.Code.DEADLINE_EXCEEDED) {
        throw new TimeLimitException(
            "the model gave no answer within "
                + limit.toMillis() / 1e3
                + " s, so the call was given up; give it more time if it is only slow.",
            e,
            Remedy.ANSWER_TIME);
      }
      throw e;
    }
  }

  /** Whether its answers are scores of labels, rather than numbers or a vector. */
  public boolean isClassifier() {
    return labels.isPresent() && !isPerPosition && !findsBoxes();
  }

  /** Whether its answers are boxes. */
  public boolean findsBoxes() {
    return signature.findsBoxes();
  }

  /** Whether any number of its labels may hold at once, rather than exactly one. */
  public boolean isMultiLabel() {
    return answer.kind() == Head.Kind.MULTI_LABEL;
  }

  /**
   * The labels, in the order of the model's outputs.
   *
   * @throws BadRequestException if it is no classifier
   */
  public Labels labels() {
    return labels.orElseThrow(
        () ->
            new BadRequestException(
                "the model has no labels: its answers are numbers; ask for numbers(picture)."));
  }

  /**
   * The answer about one picture as it stands: the numbers that were to be predicted, a vector to
   * compare with others, or the scores of the labels, at each position where it answers for each.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   */
  public List<Float> numbers(Path picture) {
    return List.copyOf(
        Floats.asList(floats(scores(List.of(NamedPictures.read(picture)), i -> "" + picture))));
  }

  /**
   * The answer about one picture, whatever the model gives: a {@link Prediction}, {@link Numbers}
   * or {@link Boxes}.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   */
  public Answer answer(Path picture) {
    return answers(List.of(NamedPictures.read(picture)), i -> "" + picture).get(0);
  }

  /** As {@link #answer(Path)}, of an encoded picture. */
  public Answer answer(byte[] picture) {
    return answers(fit(List.of(ByteString.copyFrom(picture))), i -> "picture " + i).get(0);
  }

  /**
   * The answers about several encoded pictures, in one run; one that cannot be read fails alone.
   *
   * @return as many as pictures, in their order
   */
  public List<Outcome> answerEach(List<byte[]> pictures) {
    Outcome[] outcomes = new Outcome[pictures.size()];
    List<Integer> fit = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      try {
        fit(ByteString.copyFrom(pictures.get(i)), "picture " + i);
        fit.add(i);
      } catch (BadDataException e) {
        outcomes[i] = Outcome.failed(e);
      }
    }
    answerEach(pictures, fit, outcomes);
    return List.of(outcomes);
  }

  private void answerEach(List<byte[]> pictures, List<Integer> some, Outcome[] outcomes) {
    List<ByteString> files = some.stream().map(i -> ByteString.copyFrom(pictures.get(i))).toList();
    try {
      List<? extends Answer> answers =
          files.isEmpty() ? List.of() : answers(files, i -> "picture " + some.get(i));
      for (int i = 0; i < some.size(); i++) {
        outcomes[some.get(i)] = Outcome.of(answers.get(i));
      }
    } catch (BadDataException | BadModelException e) {
      if (some.size() == 1) {
        outcomes[some.get(0)] = Outcome.failed(e);
      } else {
        some.forEach(i -> answerEach(pictures, List.of(i), outcomes));
      }
    }
  }

  private List<? extends Answer> answers(List<ByteString> pictures, IntFunction<String> name) {
    if (findsBoxes()) {
      return boxes(pictures, name);
    }
    if (isClassifier()) {
      return predictions(pictures, name);
    }
    List<Float> numbers = Floats.asList(floats(scores(pictures, name)));
    return Lists.partition(numbers, numbers.size() / pictures.size()).stream()
        .map(Numbers::new)
        .toList();
  }

  private List<Boxes> boxes(List<ByteString> pictures, IntFunction<String> name) {
    Detections found =
        Detections.of(asked(pictures, some -> call(some, timeout), name)); // of all of them
    List<Boxes> boxes = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      PictureHeader size = PictureHeader.of(pictures.get(i).toByteArray());
      List<Detection> here = found.on(i, size.shownWidth(), size.shownHeight());
      boxes.add(Boxes.of(here, labels, size, answer.threshold()));
    }
    return boxes;
  }

  /**
   * As {@link #classify(List)}, of a JPEG, PNG, GIF or BMP file.
   *
   * @throws BadDataException if it cannot be read
   */
  public Prediction classify(Path picture) {
    return predictions(List.of(NamedPictures.read(picture)), i -> "" + picture).get(0);
  }

  /** As {@link #classify(List)}, of one encoded picture. */
  public Prediction classify(byte[] picture) {
    return classify(List.of(picture)).get(0);
  }

  /**
   * Classifies encoded pictures, the bytes of a file each, in one run.
   *
   * @throws BadDataException if one of them cannot be decoded; the message says which, from 0
   * @throws BadRequestException if there is none, or the model does not give one answer that has
   *     labels
   */
  public List<Prediction> classify(List<byte[]> files) {
    List<ByteString> pictures = files.stream().map(ByteString::copyFrom).toList();
    if (pictures.isEmpty()) {
      throw new BadRequestException("no picture is given to classify; give at least one.");
    }
    return predictions(fit(pictures), i -> "picture " + i);
  }

  private static List<ByteString> fit(List<ByteString> pictures) {
    for (int i = 0; i < pictures.size(); i++) {
      fit(pictures.get(i), "picture " + i);
    }
    return pictures;
  }

  private static void fit(ByteString picture, String name) {
    Optional<String> unfit = ImageFormat.unfit(picture);
    if (unfit.isPresent()) {
      throw new BadDataException("'" + name + "' is " + unfit.get() + ".");
    }
  }

  /** What {@code ask} answers to all pictures, or which of them it is that cannot be decoded. */
  private static <T> T asked(
      List<ByteString> pictures, Function<List<ByteString>, T> ask, IntFunction<String> name) {
    int[] all = IntStream.range(0, pictures.size()).toArray();
    return NamedPictures.answer(
        all, some -> ask.apply(Arrays.stream(some).mapToObj(pictures::get).toList()), name);
  }

  /** The scores of all pictures: [pictures, ...]. */
  private TensorValue scores(List<ByteString> pictures, IntFunction<String> name) {
    return asked(pictures, this::scores, name);
  }

  private TensorValue scores(List<ByteString> pictures) {
    if (findsBoxes()) {
      throw new BadRequestException("the model finds boxes; ask for answer(picture).");
    }
    TensorValue scores = call(pictures, timeout).get(signature.scores());
    if (scores == null) {
      throw new IllegalStateException("TensorFlow gave no '" + signature.scores() + "'");
    }
    if (scores.shape().rank() < 1 || scores.shape().dim(0) != pictures.size()) {
      throw new BadModelException(
          "the model's answer to " + pictures.size() + " pictures is " + scores.shape() + ".");
    }
    return scores;
  }

  private static float[] floats(TensorValue value) {
    return Floats.toArray(Doubles.asList(value.asDoubles()));
  }

  private List<Prediction> predictions(List<ByteString> pictures, IntFunction<String> name) {
    List<String> names = labels().names();
    TensorValue answers = scores(pictures, name);
    if (answers.shape().elements() != (long) pictures.size() * names.size()) {
      throw new BadRequestException(
          "the model answers for each position of a picture ("
              + answers.shape()
              + "), so there is no one label; ask for numbers(picture).");
    }
    return Prediction.each(answer.probabilities(floats(answers), names.size()), names, name);
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
    lease.close();
  }
}
