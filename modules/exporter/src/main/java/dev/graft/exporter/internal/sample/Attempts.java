package dev.graft.exporter.internal.sample;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.SetMultimap;
import com.google.common.collect.Sets;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.TensorValue;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** What signatures were asked: in batches of which sizes they answered, and why not in others. */
public final class Attempts {

  private final SetMultimap<String, Integer> answered = HashMultimap.create();
  private final SetMultimap<String, Integer> failed = HashMultimap.create();
  private final Map<String, String> causes = new HashMap<>();

  /** A signature answered so many rows. */
  public void answered(String signature, int rows) {
    answered.put(signature, rows);
  }

  /** A signature gives the same tensors as another. */
  public void answeredAs(String signature, String same) {
    answered.putAll(signature, answered.get(same));
  }

  /** The model itself fails on these rows. */
  public void failed(String signature, Map<String, TensorValue> rows, RuntimeException e) {
    failed.put(signature, BatchRows.count(rows));
    causes.put(
        signature,
        e instanceof TensorFlowException failure
            ? failure.detail()
            : String.valueOf(e.getMessage()));
  }

  /** A signature was not asked. */
  public void hindered(String signature, String cause) {
    causes.put(signature, cause);
  }

  /** Whether it answered anything. */
  public boolean hasAnswered(String signature) {
    return answered.containsKey(signature);
  }

  /** In batches of which sizes it never answered and failed. */
  public SortedSet<Integer> failed(String signature) {
    return new TreeSet<>(Sets.difference(failed.get(signature), answered.get(signature)));
  }

  /** Why it failed the last time; empty if it did not. */
  public String cause(String signature) {
    return causes.getOrDefault(signature, "");
  }
}
