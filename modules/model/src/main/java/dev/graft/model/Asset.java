package dev.graft.model;

import dev.graft.graph.TensorRef;
import java.nio.file.Path;

/**
 * A file that belongs to the model, such as a vocabulary.
 *
 * @param name its name in the SavedModel's {@code assets} folder
 * @param path where it is now
 * @param tensor the string constant in the graph that holds its path; whoever runs the graph feeds
 *     the true path there
 */
public record Asset(String name, Path path, TensorRef tensor) {}
