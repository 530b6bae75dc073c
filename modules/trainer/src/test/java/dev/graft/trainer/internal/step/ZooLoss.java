package dev.graft.trainer.internal.step;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.ZooModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * The loss by which TensorFlow gave the gradients of a model of the zoo: the sum of what the model
 * answers to its first case, each number times a weight that is in its golden file.
 *
 * @param graph the model's, with the loss
 * @param answers what is summed up
 * @param feeds the inputs of the case
 */
record ZooLoss(
    Model model,
    Graph graph,
    TensorRef loss,
    List<TensorRef> answers,
    Map<TensorRef, TensorValue> feeds) {

  static ZooLoss of(ZooModel zoo) {
    ImportOptions options =
        ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
    Model model = SavedModelImporter.load(zoo.savedModel(), options);
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Signature signature = model.signatures().get(wanted.signature());
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    zoo.golden()
        .under(wanted.name() + "/input/")
        .forEach(
            (input, value) -> {
              TensorSpec spec = signature.inputs().get(input);
              feeds.put(spec.tensor(), ZooModel.fitting(value, spec.dtype()));
            });
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "test");
    List<TensorRef> answers = new ArrayList<>();
    List<TensorRef> parts = new ArrayList<>();
    zoo.golden()
        .under(wanted.name() + "/weight/")
        .forEach(
            (output, value) -> {
              TensorRef tensor = signature.outputs().get(output).tensor();
              answers.add(tensor);
              TensorRef product = g.add("Mul", tensor, g.constant(value));
              TensorRef sum = g.add("Sum", g.add("Reshape", product, g.ints(-1)), g.ints(0));
              parts.add(g.cast(sum, DataType.DT_DOUBLE));
            });
    TensorRef loss = g.addList("AddN", parts);
    return new ZooLoss(model, editor.build(), loss, answers, feeds);
  }

  /** The variables of which {@code zoo} has gradients. */
  List<Variable> training(ZooModel zoo) {
    Map<String, Variable> byKey = zoo.byKey(model);
    return zoo.facts().trainable().stream().map(byKey::get).toList();
  }
}
