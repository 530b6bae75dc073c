package dev.graft.examples.photos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What {@code application.properties} says below {@code photos}.
 *
 * @param backbone the network that learns: a SavedModel's folder or archive; null for the one that
 *     the application brings along
 * @param data the folder for all that the service keeps
 * @param folder a folder with a folder of pictures for each label, to learn from instead of
 *     uploads; null for these
 * @param recipe {@code head}, {@code top}, {@code gradual}, {@code full} or {@code auto}
 * @param require what a version has to reach to be published, by metric
 * @param notWorse whether that has to be as good as the version before
 * @param keep how many versions stay
 * @param timeout the longest time for an answer
 * @param waiting how many pictures wait for an answer at most
 * @param largest how large a picture's file is at most
 */
@ConfigurationProperties("photos")
public record PhotoSettings(
    Path backbone,
    Path data,
    Path folder,
    String recipe,
    @DefaultValue Map<String, Double> require,
    boolean notWorse,
    int keep,
    Duration timeout,
    int waiting,
    DataSize largest) {

  /** Where versions are published. */
  public Path versions() {
    return data.resolve("versions");
  }
}
