package dev.graft.cli;

import dev.graft.Trust;
import picocli.CommandLine.Option;

/** What every command takes that runs a model of somebody else's. */
final class TrustOption {

  @Option(
      names = "--trust",
      description = "Let the model read and write files, use the network and run other code.")
  private boolean trusted;

  Trust trust() {
    return trusted ? Trust.ALLOW : Trust.REFUSE;
  }
}
