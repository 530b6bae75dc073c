package dev.graft.runtime;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes of Java as this one is; those of {@code testkit} are built on what is tested here. */
public final class OwnProcess {

  private OwnProcess() {}

  /** One that runs {@code main}; what becomes of its streams is for the caller to say. */
  public static ProcessBuilder running(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
