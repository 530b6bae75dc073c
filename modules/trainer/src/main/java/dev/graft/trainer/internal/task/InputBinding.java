package dev.graft.trainer.internal.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.data.Batch;
import dev.graft.data.BrokenPictures;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.picture.PictureInput;
import dev.graft.picture.View;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.memory.NoRoom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/**
 * The way of a dataset's batches into a model's graph: pictures through the decode graph, named
 * tensors straight to the inputs of that name, cached features to the tensors they were taken from.
 *
 * @param graph the model's graph, with the decode graph before its input if there are pictures
 * @param feeds where each tensor of a batch goes, by its name; none for pictures
 * @param pictures where encoded pictures go
 * @param rows where the examples enter, a row for each: the fed tensors, for pictures their pixels,
 *     where the model does not decode them itself
 * @param pixels the model's own tensor in whose place these pixels stand, where it says their size
 */
public record InputBinding(
    Graph graph,
    ImmutableMap<String, TensorRef> feeds,
    Optional<Encoded> pictures,
    ImmutableList<TensorRef> rows,
    Optional<TensorRef> pixels) {

  private static final Shape ANY = Shape.of(Shape.UNKNOWN);
  private static final Shape VIEWS = Shape.of(Shape.UNKNOWN, View.NUMBERS);

  /**
   * Where encoded pictures go.
   *
   * @param bytes their files
   * @param views the views that are taken of them, if each is seen in one of its own
   */
  public record Encoded(TensorRef bytes, Optional<TensorRef> views) {
    private List<TensorRef> all() {
      return Stream.concat(Stream.of(bytes), views.stream()).toList();
    }
  }

  /** How inputs of {@code data} get into {@code model}. */
  public static InputBinding of(Model model, Dataset data) {
    GraphEditor editor = model.graph().edit();
    ImmutableMap.Builder<String, TensorRef> feeds = ImmutableMap.builder();
    ImmutableList.Builder<TensorRef> rows = ImmutableList.builder();
    if (data.isPictures()) {
      Optional<TensorRef> own = PictureInput.encoded(model).map(InputSpec::tensor);
      TensorRef bytes = // which the model decodes itself, if it can
          own.orElseGet(() -> editor.placeholder("graft/pictures", DataType.DT_STRING, ANY));
      Optional<InputSpec> input = own.isPresent() ? Optional.empty() : Optional.of(picture(model));
      if (own.isPresent() && data.hasViews()) {
        throw new BadRequestException(
            model.name()
                + " decodes pictures itself, and so can see them as they are only; take a model that"
                + " reads pixels.");
      }
      Optional<TensorRef> views =
          data.hasViews()
              ? Optional.of(editor.placeholder("graft/views", DataType.DT_FLOAT, VIEWS))
              : Optional.empty();
      TensorRef each = input.map(spec -> decode(model, editor, bytes, spec, views)).orElse(bytes);
      return new InputBinding(
          editor.build(),
          ImmutableMap.of(),
          Optional.of(new Encoded(bytes, views)),
          ImmutableList.of(each),
          input.filter(spec -> spec.shape().dim(0, 1).isFullyKnown()).map(InputSpec::tensor));
    }
    for (String name : data.inputNames()) {
      TensorRef tensor = tensor(model, name);
      feeds.put(name, tensor);
      rows.add(tensor);
    }
    return new InputBinding(
        editor.build(), feeds.buildOrThrow(), Optional.empty(), rows.build(), Optional.empty());
  }

  /** Whether the batches of {@code data} go this way. */
  boolean takes(Dataset data) {
    return pictures.isPresent() == data.isPictures()
        && pictures.flatMap(Encoded::views).isPresent() == data.hasViews()
        && feeds.keySet().equals(data.inputNames());
  }

  /** The same way into a graph that has more in it. */
  public InputBinding into(Graph extended) {
    return new InputBinding(extended, feeds, pictures, rows, pixels);
  }

  /** The same examples fed elsewhere: to what stands in the place of the tensors fed here. */
  public InputBinding fedAt(Map<TensorRef, TensorRef> others) {
    return new InputBinding(
        graph,
        ImmutableMap.copyOf(Maps.transformValues(feeds, ref -> others.getOrDefault(ref, ref))),
        pictures,
        rows.stream()
            .map(ref -> others.getOrDefault(ref, ref))
            .collect(ImmutableList.toImmutableList()),
        pixels);
  }

  /** The input of {@code model} that takes pictures. */
  private static InputSpec picture(Model model) {
    List<InputSpec> images = model.inputs().stream().filter(InputSpec::isImage).toList();
    if (images.size() != 1) {
      throw new BadRequestException(
          "the data are pictures, but "
              + model.name()
              + (images.isEmpty()
                  ? " has no input for pictures: it reads "
                  : " has several inputs for pictures: ")
              + (images.isEmpty() ? model.inputs() : images)
                  .stream().map(InputBinding::words).toList()
              + ".");
    }
    return images.get(0);
  }

  /** Decodes pictures for {@code input} of the model; gives their pixels. */
  private static TensorRef decode(
      Model model,
      GraphEditor editor,
      TensorRef bytes,
      InputSpec input,
      Optional<TensorRef> views) {
    InputSpec sized = PictureInput.sized(model.graph(), input);
    TensorRef pixels = DecodeGraph.add(editor, "graft/decode", bytes, sized, views);
    String node = input.tensor().node();
    if (model.graph().outputTypes(node).size() == 1) {
      editor.standIn(node, pixels); // layers say by name what they read in training
    } else {
      editor.redirect(input.tensor(), pixels); // an iterator, which gives labels as well
    }
    return pixels;
  }

  private static String words(InputSpec input) {
    return input.name() + " " + input.dtype() + " " + input.shape();
  }

  private static TensorRef tensor(Model model, String name) {
    Signature signature = model.servingSignature();
    TensorSpec spec = signature.inputs().get(name);
    if (spec != null) {
      return spec.tensor();
    }
    TensorRef tensor = TensorRef.parse(name);
    if (model.graph().contains(tensor.node())) {
      return tensor;
    }
    throw new BadRequestException(
        "the data have an input '"
            + name
            + "', but "
            + model.name()
            + " has "
            + signature.inputs().keySet()
            + ".");
  }

  /** What a dataset calls {@code tensor}: an input of its own, or one cached under its own name. */
  public String nameOf(TensorRef tensor) {
    return feeds.entrySet().stream()
        .filter(feed -> feed.getValue().equals(tensor))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(tensor::toString);
  }

  /** The tensors to feed, in the order of {@link #values}. */
  public List<TensorRef> tensors() {
    return pictures.map(Encoded::all).orElseGet(() -> feeds.values().asList());
  }

  /** What to feed for {@code batch}, in the order of {@link #tensors}. */
  public List<TensorValue> values(Batch batch) {
    if (pictures.isPresent()) {
      return pictures.get().views().isPresent()
          ? List.of(batch.encoded(), batch.views())
          : List.of(batch.encoded());
    }
    List<TensorValue> values = new ArrayList<>();
    for (String name : feeds.keySet()) {
      TensorValue value = batch.named().get(name);
      if (value == null) {
        throw new IllegalStateException("the batch lacks the input '" + name + "'");
      }
      values.add(value);
    }
    return values;
  }

  /**
   * Runs {@code run} on {@code values}, which were made of these examples.
   *
   * @throws dev.graft.error.BadDataException if that fails because some of them are pictures that
   *     cannot be decoded
   * @throws ExhaustedException if it fails for lack of memory
   */
  public List<TensorValue> run(
      TensorFlowRuntime runtime,
      PreparedRun run,
      List<TensorValue> values,
      Dataset data,
      int[] examples) {
    try {
      return run.run(values);
    } catch (TensorFlowException e) {
      throw explained(e, runtime, data, examples);
    } catch (ExhaustedException e) {
      throw NoRoom.of(e, runtime, examples.length, some -> run.run(first(values, examples, some)));
    }
  }

  /** The rows of the first {@code some} of these examples; what has no row for each stays. */
  static List<TensorValue> first(List<TensorValue> values, int[] examples, int some) {
    return values.stream()
        .map(
            value ->
                value.shape().rank() > 0 && value.shape().dim(0) == examples.length
                    ? Rows.range(value, 0, some)
                    : value)
        .toList();
  }

  /** Returns what to throw where a run on values that were made of these examples failed. */
  public RuntimeException explained(
      TensorFlowException e, TensorFlowRuntime runtime, Dataset data, int[] examples) {
    List<String> broken =
        pictures.isPresent() ? BrokenPictures.in(runtime, data, examples) : List.of();
    return broken.isEmpty() ? e : BrokenPictures.exception(broken);
  }
}
