/**
 * What goes wrong, by what the caller can do about it. All that Graft throws on purpose is a {@link
 * dev.graft.error.GraftException}, one of:
 *
 * <ul>
 *   <li>{@link dev.graft.error.BadRequestException}: the caller's mistake; ask for something else.
 *   <li>{@link dev.graft.error.BadModelException}: the model; take another, or mend its file. One
 *       that reaches beyond itself is an {@code UntrustedModelException}; where TensorFlow refuses
 *       a graph or fails at it, a {@code TensorFlowException}.
 *   <li>{@link dev.graft.error.BadDataException}: the data; mend or leave out what it names.
 *   <li>{@link dev.graft.error.FailedCheckException}: a check of the result did not hold, and
 *       nothing was kept of it; the figure says by how much. A {@link
 *       dev.graft.error.RefusedException} is of a model that is not as good as was asked for.
 *   <li>{@link dev.graft.error.ExhaustedException}: no memory, now and here; less at once may do.
 *   <li>{@link dev.graft.error.InputOutputException}: a disk is full, a folder cannot be written;
 *       the same call may do once that is mended.
 *   <li>{@link dev.graft.error.TimeLimitException}: given up; the same call may do later.
 *   <li>{@link dev.graft.error.ClosedException}: what was called is closed.
 *   <li>{@link dev.graft.error.MissingNativeException}: TensorFlow is not there for this machine.
 * </ul>
 *
 * <p><b>What enters.</b> A message in plain words, the cause, and remedies ({@code
 * dev.graft.words}).
 *
 * <p><b>What leaves.</b> The same, for a caller to choose by type. Work that was cancelled is none
 * of these but a {@link java.util.concurrent.CancellationException}; what Graft does not expect of
 * itself is an {@link IllegalStateException}.
 *
 * <p>Names of others pass through {@link dev.graft.words.Printable} before they reach a terminal.
 * {@link Internal} marks what is public only because another module needs it.
 *
 * <p><b>Who calls whom.</b> Every module throws these; only the command line catches them all, for
 * its exit codes.
 *
 * <p><b>The invariant.</b> A message names cause, place and remedy, and fits into any program.
 */
@NullMarked
package dev.graft.error;

import org.jspecify.annotations.NullMarked;
