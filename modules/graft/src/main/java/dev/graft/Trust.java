package dev.graft;

/** Whether a model may reach into files, the network or other code when it runs. */
public enum Trust {
  /** No: a model that would is refused. */
  REFUSE,
  /** Yes: whoever made it is known. */
  ALLOW
}
