package dev.graft.cli;

import dev.graft.LoadOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which of several ways to call a model is meant. */
final class SignatureOptions {

  @Option(
      names = "--tags",
      paramLabel = "TAG",
      split = ",",
      description = "The MetaGraph with these tags, where a file holds several.")
  private String[] tags = {};

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description = "One signature, and only what it needs.")
  private @Nullable String signature;

  /** The usual options with these. */
  LoadOptions options() {
    LoadOptions tagged = LoadOptions.defaults().cache(NativeLogFile.home()).tags(tags);
    return signature == null ? tagged : tagged.signature(signature);
  }
}
