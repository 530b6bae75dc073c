package dev.graft.cli;

import dev.graft.Device;
import picocli.CommandLine.Option;

/** Where a command computes. */
final class DeviceOption {

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      description = "Where to compute (auto: on a GPU if there is one).")
  private Device device = Device.AUTO;

  Device device() {
    return device;
  }
}
