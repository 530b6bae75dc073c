package dev.graft;

import dev.graft.words.Figure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

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
 * @param gates what was asked for, and what came out
 * @param remarks what else is not as one might expect, a sentence each
 */
public record Version(
    Path path,
    long number,
    double largestDifference,
    SortedSet<Integer> batches,
    List<String> uncompared,
    int warmUps,
    List<Figure> gates,
    List<String> remarks) {

  public Version {
    batches = Collections.unmodifiableSortedSet(new TreeSet<>(batches));
    uncompared = List.copyOf(uncompared);
    gates = List.copyOf(gates);
    remarks = List.copyOf(remarks);
  }

  /**
   * What the front door shows of a version.
   *
   * @param more remarks of its own
   */
  static Version of(dev.graft.exporter.Version version, List<String> more) {
    List<String> remarks = new ArrayList<>(version.remarks());
    remarks.addAll(more);
    return new Version(
        version.path(),
        version.number(),
        version.report().largestDifference(),
        version.report().batches(),
        version.report().uncompared(),
        version.report().warmUps(),
        version.report().gates(),
        remarks);
  }
}
