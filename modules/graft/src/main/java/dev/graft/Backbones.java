package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.internal.place.ShippedModel;
import java.nio.file.Path;

/**
 * The networks that Graft ships, each in an artifact of its own ({@code
 * dev.graft:graft-backbone-NAME}) that an application has on its class path, in a jar within a jar
 * too. They are unpacked once, since weights are read from files.
 *
 * <pre>{@code
 * Model network = Graft.load(Backbones.efficientNetLite0());
 * Job job = Job.of(Backbones.efficientNetLite0(), pictures, serving).build();
 * }</pre>
 */
public final class Backbones {

  private Backbones() {}

  /**
   * EfficientNet-Lite0, trained on ImageNet: RGB pictures of 224 pixels, 1,280 features, 4.7
   * million parameters, Apache-2.0. Its artifact is {@code graft-backbone-efficientnet-lite0}.
   *
   * @throws BadRequestException if that is not on the class path
   */
  public static Path efficientNetLite0() {
    return named("efficientnet-lite0");
  }

  /**
   * EfficientNet-Lite1, trained on ImageNet: RGB pictures of 240 pixels, 1,280 features, 5.5
   * million parameters, Apache-2.0: deeper than EfficientNet-Lite0. Its artifact is {@code
   * graft-backbone-efficientnet-lite1}.
   *
   * @throws BadRequestException if that is not on the class path
   */
  public static Path efficientNetLite1() {
    return named("efficientnet-lite1");
  }

  /**
   * The folder of the network that the command line knows by {@code name}, with its licence and
   * card, unpacked below {@code ~/.cache/graft}.
   *
   * @throws BadRequestException if no artifact of that name is on the class path
   */
  public static Path named(String name) {
    return named(name, ModelFolder.CACHE);
  }

  /** As {@link #named(String)}, unpacked below another folder. */
  public static Path named(String name, Path cache) {
    requireNonNull(name, "name");
    requireNonNull(cache, "cache");
    return ShippedModel.named(name).in(cache);
  }
}
