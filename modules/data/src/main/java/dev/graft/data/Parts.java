package dev.graft.data;

import dev.graft.model.Labels;

/**
 * A dataset divided by a {@link Split}.
 *
 * @param train what is learned from
 * @param validation what decisions are made on
 * @param test what is scored once
 */
public record Parts(Dataset train, Dataset validation, Dataset test) {

  /** The labels, the same in all parts. */
  public Labels labels() {
    return train.labels();
  }

  /** These parts with their labels counted as in {@code order}; see {@link Dataset#inOrderOf}. */
  public Parts inOrderOf(Labels order) {
    return new Parts(train.inOrderOf(order), validation.inOrderOf(order), test.inOrderOf(order));
  }
}
