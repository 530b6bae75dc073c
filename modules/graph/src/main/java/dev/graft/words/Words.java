package dev.graft.words;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/** The constants of an enum as people write and read them. */
public final class Words {

  private Words() {}

  /** Returns the name of {@code value} as an option is written: {@code multi-label}. */
  public static String of(Enum<?> value) {
    requireNonNull(value, "value");
    return identifier(value).replace('_', '-');
  }

  /** Returns the name of {@code value} as a sentence has it: {@code fine tune}. */
  public static String spoken(Enum<?> value) {
    requireNonNull(value, "value");
    return identifier(value).replace('_', ' ');
  }

  /** Returns the name of {@code value} in small letters: {@code moving_mean}. */
  public static String identifier(Enum<?> value) {
    requireNonNull(value, "value");
    return value.name().toLowerCase(Locale.ROOT);
  }
}
