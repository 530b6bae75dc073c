package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.graft.error.Internal;
import dev.graft.graph.op.OpHistory;
import dev.graft.words.Figure;

/**
 * What an export stood before it was published.
 *
 * @param signatures the signatures that it has
 * @param batches the batch sizes at which it was compared with the model; empty where it has no
 *     batches
 * @param largestDifference the largest absolute difference of any number in any output
 * @param uncompared what was not compared with the model, and why, a phrase each
 * @param warmUps how many warm-up requests it holds, all made up
 * @param gates what was asked for by gates, and found
 * @param needs the oldest TensorFlow that knows all that a server runs
 * @param needsInPython the oldest that knows all, as Python's has to
 * @param remarks what else was not as one might expect before it was published, a sentence each
 */
@Internal
public record ExportReport(
    ImmutableSortedSet<String> signatures,
    ImmutableSortedSet<Integer> batches,
    double largestDifference,
    ImmutableList<String> uncompared,
    int warmUps,
    ImmutableList<Figure> gates,
    OpHistory.Need needs,
    OpHistory.Need needsInPython,
    ImmutableList<String> remarks) {}
