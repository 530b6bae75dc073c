package dev.graft;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.testkit.TensorAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Surgery in Java against the same in Keras 2.15: cut, new head and freeze on eight families of
 * networks, with the same weights. {@code tools/surgery/make.py} made the golden values.
 */
class KerasSurgeryTest {

  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
  private static TensorFlowRuntime runtime;

  /** What golden.json says. */
  record Facts(String cut, int hidden, String freeze, int units, List<String> trainable) {}

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<Path> families() throws IOException {
    try (Stream<Path> folders = Files.list(Checkout.path("testdata/surgery"))) {
      List<Path> sorted = folders.filter(Files::isDirectory).sorted().toList();
      assertThat(sorted).hasSize(8);
      return sorted.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void sameLogitsGradientsAndTrainableSet(Path family) throws IOException {
    Facts facts = JSON.readValue(family.resolve("golden.json").toFile(), Facts.class);
    Golden golden = Golden.read(family.resolve("golden.pb"));
    HeadSpec head = HeadSpec.singleLabel("a", "b", "c").named("new");
    head = facts.hidden() > 0 ? head.hidden(facts.hidden()) : head;
    Model edited =
        SavedModelImporter.load(family.resolve("model"))
            .with(freeze(Where.parse(facts.freeze())), cut(facts.cut()), addHead(head));
    Model model = withHead(edited, golden.under("head/"));

    assertThat(model.trainableVariables())
        .extracting(Variable::name)
        .containsExactlyInAnyOrderElementsOf(facts.trainable());

    TensorRef logits = model.heads().get(0).logits();
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "test");
    TensorRef losses =
        g.add("SparseSoftmaxCrossEntropyWithLogits", logits, g.constant(golden.value("labels")));
    TensorRef loss = g.add("Mean", losses, g.ints(0));
    List<TensorRef> handles = model.trainableVariables().stream().map(Variable::handle).toList();
    GradientGraph gradients =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), handles);
    List<TensorRef> wanted = new ArrayList<>(List.of(logits));
    for (TensorRef handle : handles) {
      wanted.add(((Gradient.Dense) gradients.gradients().get(handle)).value());
    }
    Map<TensorRef, TensorValue> feeds =
        ImmutableMap.of(model.inputs().get(0).tensor(), golden.value("image"));
    try (ModelSession session = runtime.open(model, gradients.graph())) {
      List<TensorValue> found = session.graph().run(feeds, wanted, List.of());
      assertThat(found.get(0)).as("logits").isCloseTo(golden.value("logits"), 1e-5, 1e-5);
      for (int i = 0; i < handles.size(); i++) {
        String name = model.trainableVariables().get(i).name();
        assertThat(found.get(i + 1))
            .as(name)
            .isCloseTo(golden.value("gradient/" + name), 1e-5, 1e-5);
      }
    }
  }

  /** The model with the new head's values that Keras had. */
  private static Model withHead(Model model, Map<String, TensorValue> values) {
    assertThat(values).isNotEmpty();
    return model.withValues(values);
  }
}
