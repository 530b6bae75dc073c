package dev.graft;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.OpRegistry;
import dev.graft.importer.MachineAccesses;
import dev.graft.model.BadRequestException;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.surgeon.Blocks;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.Selection;
import dev.graft.surgeon.Where;
import java.util.List;
import java.util.TreeSet;

/**
 * What can be said of a model without running it.
 *
 * @param model the model
 * @param heads the heads that {@code replaceHead} would replace, in words; empty if none was found
 * @param whyNoHead why none was found; empty if one was
 * @param blocks the blocks of the backbone, from the input to the head
 * @param unknownOps ops that the TensorFlow that Graft runs on does not have
 * @param accesses nodes that reach beyond the model, into files, the network or other code; with
 *     any of them the model is refused unless it is trusted
 */
public record Inspection(
    Model model,
    ImmutableList<String> heads,
    String whyNoHead,
    ImmutableList<BlockOfLayers> blocks,
    ImmutableSet<String> unknownOps,
    ImmutableList<MachineAccess> accesses) {

  /**
   * One block of the backbone.
   *
   * @param name its name
   * @param layers the paths of the layers whose variables it holds
   */
  public record BlockOfLayers(String name, ImmutableList<String> layers) {}

  static Inspection of(Model model) {
    List<FoundHead> found = heads(model);
    ImmutableList.Builder<BlockOfLayers> blocks = ImmutableList.builder();
    Blocks.of(model).forEach(block -> blocks.add(new BlockOfLayers(block.name(), block.layers())));
    TreeSet<String> unknown = new TreeSet<>();
    model.graph().nodes().stream()
        .map(node -> node.getOp())
        .filter(op -> OpRegistry.standard().find(op).isEmpty())
        .forEach(unknown::add);
    return new Inspection(
        model,
        found.stream().map(FoundHead::reason).collect(ImmutableList.toImmutableList()),
        found.isEmpty() ? "no final dense layer or 1x1 convolution leads to an output" : "",
        blocks.build(),
        ImmutableSet.copyOf(unknown),
        MachineAccesses.in(model));
  }

  private static List<FoundHead> heads(Model model) {
    try {
      return HeadFinder.all(model);
    } catch (BadRequestException e) {
      return List.of();
    }
  }

  /**
   * What a selection hits; see {@link Where} for its language.
   *
   * @throws BadRequestException if it cannot be read or hits nothing
   */
  public Selection select(String selection) {
    return Where.parse(selection).in(model);
  }
}
