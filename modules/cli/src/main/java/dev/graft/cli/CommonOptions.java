package dev.graft.cli;

import picocli.CommandLine.Option;

/** What every command takes. */
final class CommonOptions {

  @Option(names = "--debug", description = "On failure, print the stack trace as well.")
  boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;
}
