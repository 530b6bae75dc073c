package dev.graft.data;

import dev.graft.error.Internal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The parts of a split. */
@Internal
public enum Part {
  /** What is learned from. */
  TRAIN("training"),
  /** What decisions are made on. */
  VALIDATION("validation"),
  /** What is scored once. */
  TEST("test");

  private final String words;

  Part(String words) {
    this.words = words;
  }

  /** What it is called in a sentence, before "part". */
  public String words() {
    return words;
  }

  /** The part that a folder of this name holds; null if it says nothing. */
  public static @Nullable Part called(String folder) {
    return switch (folder.toLowerCase(Locale.ROOT)) {
      case "train" -> TRAIN;
      case "val", "valid", "validation" -> VALIDATION;
      case "test" -> TEST;
      default -> null;
    };
  }
}
