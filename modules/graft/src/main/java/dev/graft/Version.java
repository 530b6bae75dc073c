package dev.graft;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.nio.file.Path;

/**
 * A published version of a model: a folder that TensorFlow Serving, TensorFlow for Python and
 * {@link Graft#serve(Version)} load.
 *
 * @param path its folder
 * @param number its number, the folder's name
 * @param largestDifference between any output of the export, loaded back by TensorFlow, and the
 *     model's own
 * @param batches the batch sizes at which they were compared
 * @param warmUps how many requests it holds that a server sends to itself on loading
 * @param gates what each gate found
 */
public record Version(
    Path path,
    long number,
    double largestDifference,
    ImmutableSortedSet<Integer> batches,
    int warmUps,
    ImmutableList<String> gates) {}
