package dev.graft.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/**
 * Makes the command objects: each that asks for the {@link Terminal} in its constructor gets it.
 */
record Commands(Terminal terminal) implements CommandLine.IFactory {

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      Class<?>[] wanted = constructor.getParameterTypes();
      if (wanted.length == 1 && wanted[0] == Terminal.class) {
        return type.cast(constructor.newInstance(terminal));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
