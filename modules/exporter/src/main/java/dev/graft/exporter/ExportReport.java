package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.graft.model.Internal;

/**
 * What an export stood before it was published.
 *
 * @param signatures the signatures that it has
 * @param batches the batch sizes at which it was compared with the model; empty if nothing could be
 *     compared
 * @param largestDifference the largest absolute difference of any number in any output
 * @param warmUps how many warm-up requests it holds
 * @param gates what each gate found, as {@code name: finding}
 */
@Internal
public record ExportReport(
    ImmutableSortedSet<String> signatures,
    ImmutableSortedSet<Integer> batches,
    double largestDifference,
    int warmUps,
    ImmutableList<String> gates) {}
