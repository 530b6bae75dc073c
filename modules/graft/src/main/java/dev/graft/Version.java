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
 * @param uncompared what was not compared, and why, a phrase each
 * @param warmUps how many requests it holds that a server sends to itself on loading; they are made
 *     up, no example of the user's is among them
 * @param gates what each gate found
 * @param remarks what else is not as one might expect, a sentence each
 */
public record Version(
    Path path,
    long number,
    double largestDifference,
    ImmutableSortedSet<Integer> batches,
    ImmutableList<String> uncompared,
    int warmUps,
    ImmutableList<String> gates,
    ImmutableList<String> remarks) {

  static Version of(dev.graft.exporter.Version version) {
    return new Version(
        version.path(),
        version.number(),
        version.report().largestDifference(),
        version.report().batches(),
        version.report().uncompared(),
        version.report().warmUps(),
        version.report().gates(),
        version.report().remarks());
  }
}
