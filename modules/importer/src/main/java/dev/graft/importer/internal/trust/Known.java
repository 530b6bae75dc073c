package dev.graft.importer.internal.trust;

/** What is known of a tensor before anything runs. */
public enum Known {
  /** It is the place of a file that came with the model, put there by whoever runs it. */
  OWN_FILE,
  /** It is the place of the model's own checkpoint, put there by whoever restores it. */
  OWN_CHECKPOINT,
  /** It is the handle of a variable that holds such a place and can hold nothing else. */
  OWN_HANDLE,
  /** It is a text without a character. */
  EMPTY_TEXT,
  /** It has a row at least: a constant that shows it, or what is read of the own checkpoint. */
  ROWS,
  /** It is a constant of whole numbers with a row at least, none of which is below 0. */
  INDICES,
  /** It is a constant list of whole numbers that begins with -1: a shape of any number of rows. */
  ANY_ROWS,
  /** It is a constant without an element. */
  NO_ELEMENTS,
  /** Nothing. */
  NOTHING;

  /** Whether it is known to have a row at least. */
  boolean hasRows() {
    return this == ROWS || this == INDICES || this == ANY_ROWS;
  }
}
