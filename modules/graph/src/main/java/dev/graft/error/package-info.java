/**
 * What goes wrong, by what the caller can do about it, and the words that say so.
 *
 * <p>{@link GraftException} is the root. Below it {@link BadModelException} says that a model is
 * damaged or not supported, {@link BadDataException} that an example is, {@link
 * BadRequestException} that the caller asked for what cannot be, {@link FailedCheckException} that
 * a result is not good enough, {@link TimeLimitException} that something took too long. What the
 * JVM throws besides is a mistake of Graft.
 *
 * <p>Into every message goes the cause, the place and the remedy; a place in a model (a node, a
 * file) is kept as a value, too. Names of others pass through {@link dev.graft.words.Printable}
 * before they reach a terminal, and the constants of an enum are written by {@link
 * dev.graft.words.Words}.
 *
 * <p>Every module throws these; only the front door and the command line catch them to answer
 * somebody. {@link Internal} marks what is public only because another module needs it.
 *
 * <p>The one invariant: an exception on purpose is one of these, and its message can be shown as it
 * is.
 */
@NullMarked
package dev.graft.error;

import org.jspecify.annotations.NullMarked;
