package dev.graft.data;

import com.google.common.collect.ImmutableList;
import dev.graft.model.Labels;
import java.util.List;

/**
 * A dataset, divided.
 *
 * @param train what is learned from
 * @param validation what decisions are made on
 * @param test what is scored once
 * @param notes what was decided in dividing, a sentence each
 */
public record Parts(Dataset train, Dataset validation, Dataset test, List<String> notes) {
  public Parts {
    notes = ImmutableList.copyOf(notes);
  }

  /** Parts that somebody else made. */
  public Parts(Dataset train, Dataset validation, Dataset test) {
    this(train, validation, test, ImmutableList.of());
  }

  /** The labels, the same in all parts. */
  public Labels labels() {
    return train.labels();
  }

  /** These parts with their labels counted as in {@code order}; see {@link Dataset#inOrderOf}. */
  public Parts inOrderOf(Labels order) {
    return new Parts(
        train.inOrderOf(order), validation.inOrderOf(order), test.inOrderOf(order), notes);
  }
}
