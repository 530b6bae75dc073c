package dev.graft.surgeon.internal.picture;

import com.google.common.collect.Lists;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.surgeon.internal.analysis.Signatures;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Puts nodes between an input and what reads it. The input keeps its name and its place in the
 * signatures; its dtype and shape may change.
 */
final class InputAdapter {

  private InputAdapter() {}

  /** The input called {@code name}, or the only picture input if {@code name} is empty. */
  static InputSpec find(Model model, String name) {
    List<InputSpec> fitting =
        model.inputs().stream()
            .filter(input -> name.isEmpty() ? input.isImage() : input.name().equals(name))
            .toList();
    if (fitting.size() == 1) {
      return fitting.get(0);
    }
    List<String> names = model.inputs().stream().map(InputSpec::name).toList();
    if (!name.isEmpty()) {
      throw new BadRequestException(
          model.name() + " has no input '" + name + "'. " + Nearest.sentence(name, names));
    }
    throw new BadRequestException(
        model.name()
            + (fitting.isEmpty() ? " has no input that takes pictures" : " takes several pictures")
            + "; its inputs are "
            + names
            + ".");
  }

  /** {@code model} with {@code changed} in the place of the input of that name. */
  static Model describe(Model model, InputSpec changed) {
    return model.toBuilder()
        .inputs(
            model.inputs().stream()
                .map(input -> input.name().equals(changed.name()) ? changed : input)
                .toList())
        .build();
  }

  /**
   * {@code model} with {@code nodes} between the input and its readers.
   *
   * @param scope what the new nodes' names begin with
   * @param changed the input as it is then; same name and tensor
   * @param nodes adds the nodes that read the changed input, and gives what readers of the old one
   *     are to read
   */
  static Model insert(
      Model model, String scope, InputSpec changed, BiFunction<Scope, TensorRef, TensorRef> nodes) {
    GraphEditor editor = model.graph().edit();
    Set<String> before = new HashSet<>();
    editor.nodes().forEach(node -> before.add(node.getName()));
    TensorRef input = changed.tensor();
    tell(editor, changed);
    TensorRef adapted = nodes.apply(new Scope(editor, editor.uniqueName(scope)), input);
    editor.redirect(input, adapted, node -> before.contains(node.getName()));
    return describe(
        model.toBuilder()
            .graph(editor.build())
            .layers(Lists.transform(model.layers(), layer -> layer.redirected(input, adapted)))
            .signatures(changed(model, changed))
            .build(),
        changed);
  }

  /** {@code model} with an input of another shape, which its readers take as it is. */
  static Model reshape(Model model, InputSpec changed) {
    GraphEditor editor = model.graph().edit();
    tell(editor, changed);
    return describe(
        model.toBuilder().graph(editor.build()).signatures(changed(model, changed)).build(),
        changed);
  }

  /** Tells the placeholder its dtype and shape. */
  private static void tell(GraphEditor editor, InputSpec changed) {
    editor.replace(
        editor.node(changed.tensor().node()).toBuilder()
            .putAttr("dtype", Attrs.of(changed.dtype().proto()))
            .putAttr("shape", Attrs.of(changed.shape()))
            .removeAttr("_output_shapes")
            .build());
  }

  private static List<Signature> changed(Model model, InputSpec changed) {
    List<Signature> signatures = new ArrayList<>();
    for (Signature signature : model.signatures().values()) {
      Map<String, TensorSpec> inputs = new LinkedHashMap<>();
      signature
          .inputs()
          .forEach(
              (name, spec) ->
                  inputs.put(
                      name,
                      spec.tensor().equals(changed.tensor())
                          ? new TensorSpec(changed.tensor(), changed.dtype(), changed.shape())
                          : spec));
      signatures.add(Signatures.withInputs(signature, inputs));
    }
    return signatures;
  }
}
