package dev.graft.cli;

import picocli.CommandLine.Option;

/** Where chance comes from. */
final class SeedOption {

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What the split and every draw come from (default: ${DEFAULT-VALUE}).")
  private long seed;

  long seed() {
    return seed;
  }
}
