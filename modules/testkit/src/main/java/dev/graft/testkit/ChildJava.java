package dev.graft.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Processes of Java as this one is: its version, its class path, its checkout. */
public final class ChildJava {

  private ChildJava() {}

  /** One that runs {@code main}; what becomes of its streams is for the caller to say. */
  public static ProcessBuilder running(Class<?> main, String... arguments) {
    return running(List.of(), main, arguments);
  }

  /** As {@link #running(Class, String...)}, with options for the JVM. */
  public static ProcessBuilder running(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    Optional.ofNullable(System.getProperty("graft.root"))
        .ifPresent(root -> command.add("-Dgraft.root=" + root));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
