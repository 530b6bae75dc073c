package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.device.Placement;
import dev.graft.importer.ImportedModel;
import dev.graft.importer.MachineAccesses;
import dev.graft.model.Head;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.Block;
import dev.graft.surgeon.Blocks;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.Selection;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.trainer.fit.PlacedStep;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.words.Note;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What can be said of a model without running it.
 *
 * @param model the model
 * @param saved what its SavedModel says beside it; empty for a model that is not looked at as a
 *     file
 * @param heads the heads that {@code replaceHead} would replace, in words such as {@code
 *     predictions: dense 1280 → 1000, softmax}; empty if none was found
 * @param whyNoHead why none was found; empty if one was
 * @param blocks the blocks of the backbone, from the input to the head
 * @param accesses nodes that reach beyond the model, into files, the network or other code; with
 *     any of them the model is refused unless it is trusted
 */
public record Inspection(
    Model model,
    Optional<Saved> saved,
    List<String> heads,
    Optional<Note> whyNoHead,
    List<BlockOfLayers> blocks,
    List<MachineAccess> accesses) {
  public Inspection {
    requireNonNull(model, "model");
    requireNonNull(saved, "saved");
    requireNonNull(whyNoHead, "whyNoHead");
    heads = ImmutableList.copyOf(heads);
    blocks = ImmutableList.copyOf(blocks);
    accesses = ImmutableList.copyOf(accesses);
  }

  /**
   * One block of the backbone.
   *
   * @param name its name
   * @param layers the paths of the layers whose variables it holds
   */
  public record BlockOfLayers(String name, List<String> layers) {
    public BlockOfLayers {
      requireNonNull(name, "name");
      layers = ImmutableList.copyOf(layers);
    }
  }

  /**
   * What a SavedModel says of itself.
   *
   * @param tags the tags of the MetaGraph that was read
   * @param tagSets the tags of each MetaGraph in the file
   * @param producer the version of GraphDef that its writer had
   * @param minConsumer the oldest version of GraphDef that may read it
   * @param tensors how many tensors its checkpoint holds; 0 without one
   * @param shards in how many files they are
   * @param leftOut the signatures that are left out of the model unless it is trusted
   */
  public record Saved(
      Set<String> tags,
      List<Set<String>> tagSets,
      int producer,
      int minConsumer,
      int tensors,
      int shards,
      Set<String> leftOut) {
    public Saved {
      tags = ImmutableSet.copyOf(tags);
      tagSets = ImmutableList.copyOf(tagSets);
      leftOut = ImmutableSet.copyOf(leftOut);
    }
  }

  /** How many nodes the model's graph has. */
  public int nodes() {
    return model.graph().size();
  }

  /** How many functions these nodes call: loops, branches, what is not flattened. */
  public int functions() {
    return model.graph().functions().size();
  }

  static Inspection of(ImportedModel imported) {
    return of(
        imported.model().with(Edits.fitInputs()),
        Optional.of(
            new Saved(
                imported.tags(),
                imported.tagSets(),
                imported.producer(),
                imported.minConsumer(),
                imported.tensors(),
                imported.shards(),
                imported.leftOut())),
        imported.accesses());
  }

  static Inspection of(Model model, Optional<Saved> saved) {
    return of(model, saved, ImmutableList.of());
  }

  /**
   * What TensorFlow is given tells first; only what is found nowhere there is asked of the rest.
   */
  private static Inspection of(
      Model model, Optional<Saved> saved, ImmutableList<MachineAccess> accesses) {
    List<FoundHead> found = heads(model);
    ImmutableList.Builder<BlockOfLayers> blocks = ImmutableList.builder();
    blocksOf(model).forEach(block -> blocks.add(new BlockOfLayers(block.name(), block.layers())));
    return new Inspection(
        model,
        saved,
        found.stream().map(Inspection::words).collect(ImmutableList.toImmutableList()),
        found.isEmpty() ? Optional.of(whyNoHead(model)) : Optional.empty(),
        blocks.build(),
        accesses.isEmpty() ? MachineAccesses.in(model) : accesses);
  }

  /** None where several signatures leave open which one is meant. */
  private static List<Block> blocksOf(Model model) {
    try {
      return Blocks.of(model);
    } catch (BadRequestException e) {
      return List.of();
    }
  }

  private static String words(FoundHead head) {
    String answer =
        head.answer().equals(head.logits())
            ? "linear"
            : head.kind() == Head.Kind.SINGLE_LABEL ? "softmax" : "sigmoid";
    return String.format(
        Locale.ROOT,
        "%s: %s %d → %d%s, %s",
        head.output(),
        head.operation().startsWith("Conv") ? "1x1 convolution" : "dense",
        head.inputs(),
        head.units(),
        head.perPosition() ? " at each position" : "",
        answer);
  }

  private static List<FoundHead> heads(Model model) {
    try {
      return HeadFinder.all(model);
    } catch (BadRequestException e) {
      return List.of();
    }
  }

  /** In words, for a model in which no head was found. */
  public static Note whyNoHead(Model model) {
    requireNonNull(model, "model");
    try {
      return Note.of(HeadFinder.origins(model));
    } catch (BadRequestException e) {
      return new Note(String.valueOf(e.getMessage()), e.remedies());
    }
  }

  /**
   * Where TensorFlow would run a training step of the model on a machine with a GPU: of all that it
   * leaves unfrozen, with layers as they are in training. Ops without a GPU kernel run on the CPU,
   * and what they share a variable with goes there, too. Where nothing trains it is said of the ops
   * that answer. No GPU is needed, and nothing is run.
   */
  public Placement placement(Optimizer optimizer) {
    requireNonNull(optimizer, "optimizer");
    return PlacedStep.of(model, toRun(model), optimizer);
  }

  /**
   * What a selection hits; see {@link Where} for its language.
   *
   * @throws BadRequestException if it cannot be read or hits nothing
   */
  public Selection select(String selection) {
    requireNonNull(selection, "selection");
    return Where.parse(selection).in(model);
  }

  /** The serving signature, or failing that one that gives real numbers. */
  public static Signature toRun(Model model) {
    requireNonNull(model, "model");
    if (model.signatures().isEmpty()) {
      throw new BadModelException(
          "the SavedModel has no signature and no function that could be called; save it with"
              + " signatures (tf.saved_model.save(model, dir, signatures=...)), a Keras model"
              + " without save_traces=False.");
    }
    Signature serving = model.signatures().get(Signature.SERVING_DEFAULT);
    return serving != null
        ? serving
        : model.signatures().values().stream()
            .filter(
                signature ->
                    signature.outputs().values().stream()
                        .anyMatch(output -> output.dtype().isFloating()))
            .findFirst()
            .orElseGet(() -> model.signatures().values().iterator().next());
  }
}
