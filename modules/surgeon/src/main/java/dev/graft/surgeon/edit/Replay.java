package dev.graft.surgeon.edit;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Provenance.Step;
import dev.graft.surgeon.Preparation;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.internal.head.AddHead;
import dev.graft.surgeon.internal.head.HeadText;
import dev.graft.surgeon.internal.head.KeepHead;
import dev.graft.surgeon.internal.head.ReplaceHead;
import dev.graft.surgeon.internal.picture.AdaptInput;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Does again what a model's provenance says was done. Steps that are no edits, or whose arguments
 * are too large to be written down (training, measured statistics), have to be given with {@link
 * #with}.
 */
public final class Replay {

  private final ImmutableMap<String, Function<Map<String, String>, UnaryOperator<Model>>> readers;

  private Replay(Map<String, Function<Map<String, String>, UnaryOperator<Model>>> readers) {
    this.readers = ImmutableMap.copyOf(readers);
  }

  /** Knows the edits of {@link Edits}. */
  public static Replay standard() {
    ImmutableMap.Builder<String, Function<Map<String, String>, UnaryOperator<Model>>> readers =
        ImmutableMap.builder();
    readers.put("freeze", a -> Edits.freeze(Where.parse(text(a, "where"))));
    readers.put("unfreeze", a -> Edits.unfreeze(Where.parse(text(a, "where"))));
    readers.put("trainOnly", a -> Edits.train(Where.parse(text(a, "where"))));
    readers.put("replaceHead", a -> new ReplaceHead(HeadText.parse(a)));
    readers.put("addHead", a -> new AddHead(HeadText.parse(a)));
    readers.put(
        "keepHead",
        a ->
            new KeepHead(
                a.containsKey("kind")
                    ? Optional.of(Head.Kind.valueOf(HeadText.upper(a, "kind")))
                    : Optional.empty(),
                Optional.ofNullable(a.get("labels")).map(HeadText::labels)));
    readers.put("keepOutputs", a -> Edits.keepOutputs(text(a, "names").split("\n", -1)));
    readers.put("cut", a -> Edits.cut(text(a, "at")));
    readers.put("between", a -> Edits.between(text(a, "from"), text(a, "to")));
    readers.put("prune", a -> Edits.prune());
    readers.put(
        "reinitialize",
        a -> Edits.reinitialize(Where.parse(text(a, "where")), Long.parseLong(text(a, "seed"))));
    readers.put("fitInputs", a -> Edits.fitInputs());
    readers.put(
        "prepareInput", a -> Edits.prepareInput(Preparation.valueOf(HeadText.upper(a, "as"))));
    readers.put("greyFirstKernel", a -> Edits.greyFirstKernel());
    readers.put(
        "inputSize",
        a ->
            Edits.inputSize(
                Integer.parseInt(text(a, "height")), Integer.parseInt(text(a, "width"))));
    readers.put("adaptInput", a -> new AdaptInput(AdaptInput.To.valueOf(HeadText.upper(a, "to"))));
    readers.put(
        "describeInput",
        a ->
            Edits.describeInput(
                Float.parseFloat(text(a, "low")),
                Float.parseFloat(text(a, "high")),
                InputSpec.Channels.valueOf(HeadText.upper(a, "channels")),
                InputSpec.Resize.valueOf(HeadText.upper(a, "resize"))));
    return new Replay(readers.buildOrThrow());
  }

  /**
   * This, knowing one more kind of step, or reading a known one otherwise.
   *
   * @param operation the step's name
   * @param reader makes the edit from the step's arguments
   */
  public Replay with(String operation, Function<Map<String, String>, UnaryOperator<Model>> reader) {
    requireNonNull(operation, "operation");
    requireNonNull(reader, "reader");
    ImmutableMap.Builder<String, Function<Map<String, String>, UnaryOperator<Model>>> more =
        ImmutableMap.builder();
    return new Replay(more.putAll(readers).put(operation, reader).buildKeepingLast());
  }

  /** The edits that {@code steps} describe, in order. */
  public List<UnaryOperator<Model>> edits(List<Step> steps) {
    requireNonNull(steps, "steps");
    return steps.stream().map(this::edit).toList();
  }

  /** {@code origin} after all that {@code provenance} says was done. */
  public Model run(Model origin, Provenance provenance) {
    requireNonNull(origin, "origin");
    requireNonNull(provenance, "provenance");
    Model model = origin;
    for (UnaryOperator<Model> edit : edits(provenance.steps())) {
      model = edit.apply(model);
    }
    return model;
  }

  private UnaryOperator<Model> edit(Step step) {
    Function<Map<String, String>, UnaryOperator<Model>> reader = readers.get(step.operation());
    if (reader == null) {
      throw new BadRequestException(
          "the step '"
              + step.operation()
              + "' cannot be replayed from what is written down of it; say how with"
              + " Replay.with(...).");
    }
    return reader.apply(step.arguments());
  }

  private static String text(Map<String, String> arguments, String key) {
    String text = arguments.get(key);
    if (text == null) {
      throw new BadRequestException("a step of the provenance lacks its argument '" + key + "'.");
    }
    return text;
  }
}
