package dev.graft.importer;

/** What is known of a tensor before anything runs. */
sealed interface Known {

  /** What needs no more than its name. */
  enum Fact implements Known {
    /** It is the place of a file that came with the model, put there by whoever runs it. */
    OWN_FILE,
    /** It is a text without a character. */
    EMPTY_TEXT,
    /** Nothing. */
    NOTHING
  }

  /**
   * It is the handle of a variable that holds text.
   *
   * @param name by which all handles of that variable can be told
   */
  record TextVariable(String name) implements Known {}
}
