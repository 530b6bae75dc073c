package dev.graft;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.LabelSet;
import dev.graft.answer.Outcome;
import dev.graft.answer.Prediction;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.error.TimeLimitException;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.internal.live.Asking;
import dev.graft.internal.live.OwnRequest;
import dev.graft.internal.live.Readout;
import dev.graft.internal.live.RequestRecord;
import dev.graft.internal.live.ServedFacts;
import dev.graft.internal.live.ServedSignature;
import dev.graft.internal.place.Leases;
import dev.graft.internal.place.ScratchFolder;
import dev.graft.model.Labels;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.VersionFolders;
import dev.graft.savedmodel.file.VersionLease;
import dev.graft.tensor.TensorValue;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * An exported model, opened by TensorFlow's own loader as a server opens it. Encoded pictures go
 * through the signature {@code serving_bytes}, so they are decoded as they were in training, or
 * through its only input where the model decodes them itself; all else goes through {@code
 * serving_default}, or the signature that {@link ServeOptions} name. It is warm when it is there,
 * and its folder is not read any more. May be called from several threads; close it when done.
 */
public final class LiveModel implements AutoCloseable {

  private final SavedModelSession session;
  private VersionLease lease = VersionLease.none();
  private OptionalLong version = OptionalLong.empty();
  private final ServedSignature way;
  private final Asking asking;
  private final Optional<Labels> labels; // of the only answer
  private final boolean isClassifier;

  /**
   * A model that is open.
   *
   * @param folder where it is
   */
  private LiveModel(
      SavedModelSession session, Path folder, ServedFacts facts, ServeOptions options) {
    String place = folder.toString();
    this.session = session;
    this.way = ServedSignature.of(session.signatures(), facts, options.signature(), place);
    this.asking = new Asking(session, way, facts, options.timeout());
    boolean isOne = way.answers().size() == 1;
    this.labels = isOne ? facts.of(way.answers().get(0)).labels() : Optional.empty();
    Optional<TensorValue> first =
        asking.first(
            OwnRequest.in(folder, way.signature(), Math.max(1, way.fixedBatch())),
            options.warmUp());
    this.isClassifier =
        labels.isPresent()
            && !way.findsBoxes()
            && first.map(all -> Readout.givesLabels(all, labels.get(), place)).orElse(true);
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
      LiveModel live = new LiveModel(session, folder, facts, options);
      live.lease = lease;
      if (VersionFolders.isOne(folder)) {
        live.version = OptionalLong.of(VersionFolders.number(folder));
      }
      return live;
    } catch (RuntimeException | Error e) {
      if (session != null) {
        session.close();
      }
      lease.close();
      throw e;
    }
  }

  /** Which version it is, if its folder is called by a number. */
  public OptionalLong version() {
    return version;
  }

  /** By which signature it is asked: the names, dtypes and shapes of what it takes and gives. */
  public Signature signature() {
    return way.signature();
  }

  /** Whether it takes encoded pictures, rather than values for its inputs. */
  public boolean takesPictures() {
    return way.picture().isPresent();
  }

  /** Whether its only answer is scores of labels, rather than numbers or a vector. */
  public boolean isClassifier() {
    return isClassifier;
  }

  /** Whether its answers are boxes. */
  public boolean findsBoxes() {
    return way.findsBoxes();
  }

  /**
   * The labels of its only answer, in the order of the model's outputs.
   *
   * @throws BadRequestException if that has none, or there are several answers
   */
  public Labels labels() {
    return labels.orElseThrow(
        () ->
            new BadRequestException(
                "the model has no labels for its answer as a whole; ask for answer(example)."));
  }

  /** What it has done since it was opened. */
  public LiveStats stats() {
    return new LiveStats(asking.answered(), asking.failed(), asking.time());
  }

  /**
   * The answer about one example.
   *
   * @throws BadDataException if the model cannot take it
   * @throws TimeLimitException if it took longer than a call may
   */
  public Answer answer(Example example) {
    return answers(List.of(example)).get(0);
  }

  /**
   * The answer about one picture.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   */
  public Answer answer(Path picture) {
    return answer(Example.picture(picture));
  }

  /** As {@link #answer(Path)}, of an encoded picture. */
  public Answer answer(byte[] picture) {
    return answer(Example.picture(picture));
  }

  /**
   * The answers about several examples, in as few runs as can be; one that the model cannot take
   * fails alone, and a run that takes too long fails those that are in it.
   *
   * @return as many as examples, in their order
   */
  public List<Outcome> answerEach(List<Example> examples) {
    return recorded(examples.size(), () -> outcomes(examples, () -> {}));
  }

  /**
   * As {@link #answerEach}, for who tells a recording of the requests himself.
   *
   * @param onCall is run before each call of the model that this takes
   */
  @Internal
  public List<Outcome> outcomes(List<Example> examples, Runnable onCall) {
    return asking.answerEach(examples, onCall).stream().map(each -> each.by(version)).toList();
  }

  /** The answers about all of them, or none. */
  private List<Answer> answers(List<Example> examples) {
    List<Outcome> outcomes =
        recorded(
            examples.size(), () -> asking.answers(examples).stream().map(Outcome::of).toList());
    return outcomes.stream().map(Outcome::orElseThrow).toList();
  }

  private List<Outcome> recorded(int count, Supplier<List<Outcome>> ask) {
    List<RequestRecord> requests = RequestRecord.begun(count);
    long began = System.nanoTime();
    try {
      List<Outcome> outcomes = ask.get();
      RequestRecord.done(requests, System.nanoTime() - began, version, outcomes);
      return outcomes;
    } catch (RuntimeException | Error e) {
      long took = System.nanoTime() - began;
      requests.forEach(each -> each.done(0, took, version, Optional.of(e)));
      throw e;
    }
  }

  /**
   * The answer about one picture as it stands: the numbers that were to be predicted, a vector to
   * compare with others, or the scores of the labels as the model gives them, at each position
   * where it answers for each.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   * @throws BadRequestException if it gives several answers, or boxes
   */
  public List<Float> numbers(Path picture) {
    if (findsBoxes() || way.answers().size() > 1) {
      throw new BadRequestException(
          "the model's answer is more than numbers; ask for answer(picture).");
    }
    TensorValue scores = asking.scores(Example.picture(picture));
    return List.copyOf(Floats.asList(Floats.toArray(Doubles.asList(scores.asDoubles()))));
  }

  /**
   * As {@link #classify(List)}, of a JPEG, PNG, GIF or BMP file.
   *
   * @throws BadDataException if it cannot be read
   */
  public Prediction classify(Path picture) {
    return prediction(answer(picture));
  }

  /** As {@link #classify(List)}, of one encoded picture. */
  public Prediction classify(byte[] picture) {
    return classify(List.of(picture)).get(0);
  }

  /**
   * Classifies encoded pictures, the bytes of a file each, 32 in a run.
   *
   * @throws BadDataException if one of them cannot be decoded; the message says which, from 0
   * @throws BadRequestException if there is none, or the model does not give one answer that has
   *     labels
   */
  public List<Prediction> classify(List<byte[]> files) {
    if (files.isEmpty()) {
      throw new BadRequestException("no picture is given to classify; give at least one.");
    }
    return answers(files.stream().map(Example::picture).toList()).stream()
        .map(this::prediction)
        .toList();
  }

  private Prediction prediction(Answer answer) {
    if (answer instanceof Prediction prediction) {
      return prediction;
    }
    if (answer instanceof LabelSet set) {
      return new Prediction(set.scores());
    }
    throw new BadRequestException(
        findsBoxes()
            ? "the model finds boxes; ask for answer(picture)."
            : "the model gives no scores of labels for a picture as a whole, or some for each"
                + " position; ask for answer(picture), or for numbers(picture).");
  }

  /** Whether it can be asked: neither it nor what it was opened with is closed. */
  public boolean isOpen() {
    return session.isOpen();
  }

  /** Closes the session, after the answers that are being given. */
  @Override
  public void close() {
    try {
      session.close();
    } finally {
      lease.close();
    }
  }
}
