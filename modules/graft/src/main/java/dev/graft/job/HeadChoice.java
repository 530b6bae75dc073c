package dev.graft.job;

/** What becomes of a backbone's output layer. */
public enum HeadChoice {
  /** It is kept if the model answers with the wanted labels already, else replaced by a new one. */
  AUTO,
  /** A new one takes its place, that tells exactly one label. */
  NEW,
  /** It stays as it is, if it gives what the data have, and layers below it train. */
  KEEP,
  /** A new one takes its place, that says of each label whether it holds. */
  MULTI_LABEL,
  /** A new one takes its place, that gives a number. */
  REGRESSION,
  /** A new one takes its place, that finds boxes. */
  BOXES,
  /** A new one is trained to tell the labels, then cut off: the features, of length 1, remain. */
  EMBEDDING
}
