package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.tensorflow.proto.FunctionDef;

/**
 * What layers do on a GPU ({@link Layer#onGpu}), judged like what they do in training. A model can
 * do without: where they reach beyond it they are left out, and the rest of it is as it was.
 */
final class GpuForms {

  private GpuForms() {}

  /** {@code model} with the forms that reach nothing but the model, all of them or none. */
  static Model judged(Contents contents, Model model) {
    if (model.allLayers().noneMatch(layer -> layer.onGpu().isPresent())) {
      return model;
    }
    // by themselves, since functions of one name are others in what layers do in training
    Model alone =
        model.toBuilder()
            .penalties(List.of())
            .layers(
                mapped(model.layers(), layer -> layer.toBuilder().training(layer.onGpu()).build()))
            .build();
    boolean isHarmless =
        areOwn(contents.file(), model)
            && MachineAccesses.in(alone).isEmpty()
            && new Fusions(contents).inTraining(alone).isEmpty();
    return isHarmless ? model : without(model);
  }

  /**
   * Whether no function that such a form leaves to be called is another one of that name in the
   * model: laid over a graph that has the name, the form calls that, which is not what is judged.
   * One that comes to a twin is another in the form, though the model has lost its own by now.
   */
  private static boolean areOwn(MetaGraph file, Model model) {
    Map<String, FunctionDef> known = new HashMap<>(model.graph().functions());
    Stream.concat(
            Stream.concat(
                model.allLayers().flatMap(layer -> layer.training().stream()),
                model.penalties().stream()),
            forms(model))
        .filter(SavedFunction::isUsable)
        .forEach(each -> each.body().graph().functions().forEach(known::putIfAbsent));
    return forms(model)
        .filter(SavedFunction::isUsable)
        .flatMap(form -> form.body().graph().functions().entrySet().stream())
        .allMatch(
            each ->
                each.getValue().equals(known.get(each.getKey()))
                    && !file.twins().areCalledBy(each.getKey(), file.graph().functions()));
  }

  private static Stream<SavedFunction> forms(Model model) {
    return model.allLayers().flatMap(layer -> layer.onGpu().stream());
  }

  private static Model without(Model model) {
    List<Layer> layers =
        mapped(model.layers(), layer -> layer.toBuilder().onGpu(Optional.empty()).build());
    return model.toBuilder().layers(layers).build();
  }

  /** The layers, and those inside them, each as {@code change} has it. */
  private static ImmutableList<Layer> mapped(List<Layer> layers, UnaryOperator<Layer> change) {
    return layers.stream()
        .map(
            layer ->
                change.apply(layer).toBuilder().children(mapped(layer.children(), change)).build())
        .collect(ImmutableList.toImmutableList());
  }
}
