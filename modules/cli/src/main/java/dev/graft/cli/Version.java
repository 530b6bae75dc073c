package dev.graft.cli;

import java.util.Optional;
import picocli.CommandLine;

/** What {@code graft --version} prints. */
final class Version implements CommandLine.IVersionProvider {

  @Override
  public String[] getVersion() {
    String version =
        Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
            .orElse("(not packaged)");
    return new String[] {"graft " + version + ", Java " + Runtime.version()};
  }
}
