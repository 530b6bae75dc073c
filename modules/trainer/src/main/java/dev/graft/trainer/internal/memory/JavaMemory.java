package dev.graft.trainer.internal.memory;

/** Java's own memory. */
public final class JavaMemory {

  private JavaMemory() {}

  /** How many bytes of it nobody has taken yet. */
  public static long left() {
    Runtime java = Runtime.getRuntime();
    return java.maxMemory() - java.totalMemory() + java.freeMemory();
  }
}
