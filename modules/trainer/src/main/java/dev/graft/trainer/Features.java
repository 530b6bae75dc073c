package dev.graft.trainer;

import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Rows;
import dev.graft.model.TensorValue;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Runs a model once over examples, up to some of its tensors. What comes out is a dataset again,
 * whose inputs are those tensors, held in memory.
 */
final class Features implements AutoCloseable {

  /** Examples in one run: enough to keep the cores busy, few enough for a cancel to be quick. */
  static final int BATCH = 16;

  private final TensorFlowRuntime runtime;
  private final Entry entry;
  private final List<TensorRef> wanted;
  private final ModelSession session;
  private final PreparedRun run;

  private Features(
      TensorFlowRuntime runtime, Entry entry, List<TensorRef> wanted, ModelSession session) {
    this.runtime = runtime;
    this.entry = entry;
    this.wanted = wanted;
    this.session = session;
    this.run = session.graph().prepare(entry.tensors(), wanted, List.of());
  }

  /**
   * Opens {@code model} to compute {@code wanted} of its tensors.
   *
   * @param entry how examples get into the model
   */
  static Features open(
      TensorFlowRuntime runtime, Model model, Entry entry, List<TensorRef> wanted) {
    return new Features(runtime, entry, wanted, runtime.open(model, entry.graph()));
  }

  /** The features of all examples of {@code data}, in its order, with its targets. */
  Dataset of(Dataset data, Pace pace) {
    Map<TensorRef, List<TensorValue>> parts = new LinkedHashMap<>();
    wanted.forEach(tensor -> parts.put(tensor, new ArrayList<>()));
    for (int start = 0; start < data.size(); start += BATCH) {
      pace.before();
      int[] examples = IntStream.range(start, Math.min(start + BATCH, data.size())).toArray();
      List<TensorValue> values =
          entry.run(runtime, run, entry.values(data.batch(examples)), data, examples);
      for (int i = 0; i < wanted.size(); i++) {
        parts.getOrDefault(wanted.get(i), List.of()).add(values.get(i));
      }
      pace.advance(examples.length);
    }
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    parts.forEach((tensor, values) -> inputs.put(tensor.toString(), Rows.concat(values)));
    return data.withInputs(inputs);
  }

  @Override
  public void close() {
    session.close();
  }
}
