package dev.graft;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import com.google.protobuf.ByteString;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.Shape;
import dev.graft.model.BadDataException;
import dev.graft.model.BadModelException;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorValue;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadFinder;
import dev.graft.trainer.Classification;
import dev.graft.trainer.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * An exported model of pictures, opened by TensorFlow's own loader as a server opens it. It reads
 * encoded pictures through the signature {@code serving_bytes}, so they are decoded as they were in
 * training. May be called from several threads; close it when done.
 */
public final class LiveModel implements AutoCloseable {

  private static final String SERVING_BYTES = "serving_bytes";
  private static final int BATCH = 16;

  private static final Set<DataType> FLOATS =
      Set.of(DataType.DT_FLOAT, DataType.DT_DOUBLE, DataType.DT_HALF, DataType.DT_BFLOAT16);

  /** A black PNG of one pixel. */
  private static final ByteString BLANK =
      ByteString.copyFrom(
          Base64.getDecoder()
              .decode(
                  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"));

  private final SavedModelSession session;
  private final String input;
  private final String scores;
  private final Optional<Labels> labels;
  private final Supplier<Model> model;

  /**
   * A model that is open.
   *
   * @param model what is known of its graph and heads; read only if somebody wants to know
   */
  LiveModel(SavedModelSession session, String place, Supplier<Model> model) {
    this.session = session;
    this.model = model;
    Signature signature = session.signatures().get(SERVING_BYTES);
    if (signature == null) {
      throw new BadModelException(
          "'"
              + place
              + "' has no signature '"
              + SERVING_BYTES
              + "', which takes encoded pictures; it has "
              + session.signatures().keySet()
              + ". Models that 'graft finetune' writes have it.");
    }
    this.input = signature.inputs().keySet().iterator().next();
    List<String> numbers = answers(outputs(signature, FLOATS));
    List<String> names = outputs(signature, Set.of(DataType.DT_STRING));
    if (numbers.size() != 1 || names.size() > 1) {
      throw new BadModelException(
          "'"
              + place
              + "' has not one answer: its outputs are "
              + signature.outputs().keySet()
              + ". Ask it through Graft.predict, which gives all of them.");
    }
    this.scores = numbers.get(0);
    this.labels = names.stream().findFirst().map(this::askForLabels);
  }

  static LiveModel open(TensorFlowRuntime runtime, Path path, Supplier<Model> model) {
    SavedModelSession session = runtime.loadSavedModel(path, Set.of("serve"));
    try {
      return new LiveModel(session, path.toString(), model);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** Of several outputs that of the head, if there is one: a backbone may have had others. */
  private List<String> answers(List<String> outputs) {
    if (outputs.size() < 2) {
      return outputs;
    }
    List<String> ofHeads =
        model.get().heads().stream().map(Head::name).filter(outputs::contains).toList();
    return ofHeads.size() == 1 ? ofHeads : outputs;
  }

  private static List<String> outputs(Signature signature, Set<DataType> dtypes) {
    return signature.outputs().entrySet().stream()
        .filter(output -> dtypes.contains(output.getValue().dtype()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The signature gives the labels with every answer; so ask it about a blank picture. */
  private Labels askForLabels(String output) {
    TensorValue blank = TensorValue.strings(Shape.of(1), List.of(BLANK));
    return Labels.of(call(blank, output).strings().stream().map(ByteString::toStringUtf8).toList());
  }

  private TensorValue call(TensorValue bytes, String output) {
    TensorValue answer = session.call(SERVING_BYTES, Map.of(input, bytes)).get(output);
    if (answer == null) {
      throw new IllegalStateException("TensorFlow gave no '" + output + "'");
    }
    return answer;
  }

  /** Whether its answers are scores of labels, rather than numbers or a vector. */
  public boolean isClassifier() {
    return labels.isPresent();
  }

  /** Whether any number of its labels may hold at once, rather than exactly one. */
  public boolean isMultiLabel() {
    return model.get().heads().stream().anyMatch(head -> head.kind() == Head.Kind.MULTI_LABEL);
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
   * compare with others, or the scores of the labels.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   */
  public ImmutableList<Float> numbers(Path picture) {
    return ImmutableList.copyOf(Floats.asList(scores(List.of(read(picture)), i -> "" + picture)));
  }

  /**
   * Classifies one picture.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @throws BadDataException if it cannot be read
   */
  public Prediction classify(Path picture) {
    return predictions(List.of(read(picture)), i -> "" + picture).get(0);
  }

  private static ByteString read(Path picture) {
    try {
      return ByteString.copyFrom(Files.readAllBytes(picture));
    } catch (NoSuchFileException e) {
      throw new BadDataException(
          "there is no file '" + picture + "'; give the path of a picture.", e);
    } catch (IOException e) {
      throw new BadDataException(
          "'"
              + picture
              + "' cannot be read ("
              + (Files.isDirectory(picture) ? "it is a folder" : e.getMessage())
              + "); give the path of a picture.",
          e);
    }
  }

  /**
   * Classifies encoded pictures, in one run.
   *
   * @throws BadDataException if one of them cannot be decoded; the message says which, from 0
   */
  public List<Prediction> classify(List<ByteString> pictures) {
    return predictions(pictures, i -> "picture " + i);
  }

  /** The scores of all pictures, one after the other. */
  private float[] scores(List<ByteString> pictures, IntFunction<String> name) {
    try {
      return floats(call(TensorValue.strings(Shape.of(pictures.size()), pictures), scores));
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e; // not by what it was given
      }
      for (int i = 0; pictures.size() > 1 && i < pictures.size(); i++) {
        String alone = name.apply(i);
        scores(List.of(pictures.get(i)), only -> alone);
      }
      throw pictures.size() == 1
          ? new BadDataException(
              "'"
                  + name.apply(0)
                  + "' is no picture that can be decoded; give a JPEG, PNG, GIF or BMP file.",
              e)
          : e;
    }
  }

  private static float[] floats(TensorValue value) {
    return Floats.toArray(Doubles.asList(value.asDoubles()));
  }

  /** Of a head that was kept with logits as its answer; others give probabilities themselves. */
  private float[] probabilities(float[] answers, int labels) {
    Optional<Head> linear =
        model.get().heads().stream()
            .filter(head -> head.name().equals(scores) && HeadFinder.givesLogits(model.get(), head))
            .findFirst();
    if (linear.isEmpty()) {
      return answers;
    }
    float[] all = new float[answers.length];
    for (int i = 0; i < answers.length; i++) {
      int row = i - i % labels;
      double sum = 0; // of exponentials in relation to this one
      for (int j = row; j < row + labels; j++) {
        sum += Math.exp(answers[j] - answers[i]);
      }
      all[i] =
          (float)
              (linear.get().kind() == Head.Kind.MULTI_LABEL
                  ? 1 / (1 + Math.exp(-answers[i]))
                  : 1 / sum);
    }
    return all;
  }

  private List<Prediction> predictions(List<ByteString> pictures, IntFunction<String> name) {
    List<String> names = labels().names();
    float[] values = probabilities(scores(pictures, name), names.size());
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      ImmutableMap.Builder<String, Float> byLabel = ImmutableMap.builder();
      for (int label = 0; label < names.size(); label++) {
        byLabel.put(names.get(label), values[i * names.size() + label]);
      }
      predictions.add(new Prediction(byLabel.buildOrThrow()));
    }
    return predictions;
  }

  /**
   * Scores the exported model on pictures whose labels are known.
   *
   * @throws BadDataException if its labels are not those of the pictures, or one of these cannot be
   *     decoded
   * @throws BadRequestException if the examples are no pictures
   */
  public Evaluation evaluate(Dataset pictures) {
    if (!pictures.inputNames().contains(Batch.ENCODED)) {
      throw new BadRequestException(
          "the model is served for encoded pictures, and these examples are tensors: "
              + pictures.inputNames()
              + ". Score them with Graft.evaluate.");
    }
    Labels known = labels();
    if (!pictures.labels().equals(known)) {
      throw new BadDataException(
          "the model knows the labels "
              + known.names()
              + ", the pictures have "
              + pictures.labels().names()
              + ".");
    }
    ImmutableList.Builder<Integer> actual = ImmutableList.builder();
    ImmutableList.Builder<Integer> predicted = ImmutableList.builder();
    double loss = 0;
    for (int start = 0; start < pictures.size(); start += BATCH) {
      int[] rows = IntStream.range(start, Math.min(start + BATCH, pictures.size())).toArray();
      List<Prediction> answers =
          predictions(pictures.batch(rows).encoded().strings(), row -> pictures.name(rows[row]));
      for (int i = 0; i < rows.length; i++) {
        int label = pictures.label(rows[i]);
        actual.add(label);
        predicted.add(known.names().indexOf(answers.get(i).label()));
        Float score = answers.get(i).scores().get(known.names().get(label));
        loss -= Math.log(Math.max(1e-7, score == null ? 0 : score));
      }
    }
    return Evaluation.of(
        new Classification(known, actual.build(), predicted.build()),
        loss / Math.max(1, pictures.size()));
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
  }
}
