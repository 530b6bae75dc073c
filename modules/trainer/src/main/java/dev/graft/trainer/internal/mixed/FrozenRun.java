package dev.graft.trainer.internal.mixed;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.Processor;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.trainer.internal.graph.FrozenForm;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The frozen part of a network as it is run: in its fastest form, and in bfloat16 where that was
 * asked for. As in steps the graph itself multiplies in it on a GPU, and the session's optimiser
 * sees to it on the CPU, whose kernels it knows.
 */
public final class FrozenRun implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final Graph graph;
  private final List<TensorRef> fed;
  private final List<TensorRef> computed;
  private Precision precision = Precision.FLOAT32;
  private Consumer<String> ofForm = words -> {};
  private @Nullable ModelSession session; // until there is something to compute
  private @Nullable PreparedRun run;

  /** Opens nothing yet. */
  public FrozenRun(
      TensorFlowRuntime runtime,
      Model model,
      Graph graph,
      List<TensorRef> fed,
      List<TensorRef> computed) {
    this.runtime = runtime;
    this.model = model;
    this.graph = graph;
    this.fed = fed;
    this.computed = computed;
  }

  private List<String> nodes() {
    return computed.stream().map(TensorRef::node).toList();
  }

  /** Says to {@code value} what there is to say of the form in which it is run. */
  public void told(Consumer<String> value) {
    ofForm = value;
  }

  /**
   * Has it multiply as steps in {@code asked} do: in that precision if it is bfloat16, there is
   * anything to multiply, and the processor does so; else in float32. A precision that is measured
   * for steps says nothing of features, and float16 has not the range.
   *
   * @param said told how much of the network does, or why none
   * @return the precision that it has then
   */
  public Precision in(Precision asked, Consumer<String> said) {
    precision = precision(asked, said);
    return precision;
  }

  private Precision precision(Precision asked, Consumer<String> said) {
    boolean onCpu = asked == Precision.MIXED_BFLOAT16;
    if (computed.isEmpty() || !(onCpu || asked == Precision.BFLOAT16)) {
      return Precision.FLOAT32;
    }
    if (onCpu && !Processor.hasBfloat16(Processor.extensions())) {
      said.accept("features in float32: this processor does not multiply in bfloat16");
      return Precision.FLOAT32;
    }
    long products = MixedForm.products(graph, fed, nodes(), DType.BFLOAT16);
    if (products == 0) {
      said.accept(
          "features in float32: nothing of what does not train can multiply in bfloat16 (what is in"
              + " loops cannot)");
      return Precision.FLOAT32;
    }
    said.accept(
        String.format(
            Locale.ROOT,
            "features in bfloat16: %,d products and convolutions of what does not train%s",
            products,
            onCpu ? ", as far as TensorFlow's optimiser takes them to it" : ""));
    return asked;
  }

  /** What to run, opened by the first call. */
  public PreparedRun prepared() {
    PreparedRun ready = run;
    if (ready == null) {
      FrozenForm form = FrozenForm.of(model, graph, fed, computed);
      form.words().ifPresent(ofForm);
      GraphEditor editor = form.graph().edit();
      List<TensorRef> found = precision.inGraph().map(low -> inGraph(editor, low)).orElse(computed);
      Model whole = form.model().toBuilder().graph(editor.build()).build();
      session = runtime.open(whole, precision);
      ready = session.graph().prepare(fed, found, List.of());
      run = ready;
    }
    return ready;
  }

  /** All that is computed has fewer digits there; what comes out is float32 again. */
  private List<TensorRef> inGraph(GraphEditor editor, DType low) {
    MixedForm form = MixedForm.add(editor, fed, List.of(), nodes(), low);
    Scope scope = new Scope(editor, editor.uniqueName("graft/features"));
    return computed.stream()
        .map(tensor -> scope.cast(form.of(tensor), editor.dtype(tensor)))
        .toList();
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
  }
}
