/**
 * What is said to people, wherever it comes from. Nothing here knows how Graft is called.
 *
 * <p><b>What enters.</b> Names and texts of others (a model's, a file's), choices of an enum,
 * guesses that were made, ways out of a failure.
 *
 * <p><b>What leaves.</b>
 *
 * <ul>
 *   <li>{@link dev.graft.words.Printable}: text of others with nothing in it that moves a cursor or
 *       begins a line in Graft's name.
 *   <li>{@link dev.graft.words.Words}: an enum's constant as it is written in a sentence or a flag.
 *   <li>{@link dev.graft.words.Note}: a sentence about something that was taken for granted, with
 *       what turns it round.
 *   <li>{@link dev.graft.words.Figure}: what was asked for of a model, and what came out.
 *   <li>{@link dev.graft.words.Remedy}: what helps, as a value. A message of a library says it in
 *       plain words, {@link dev.graft.words.Remedy#inJava} in Java's, the command line in flags.
 * </ul>
 *
 * <p><b>Who calls whom.</b> Exceptions ({@code dev.graft.error}) and notes of a dataset carry
 * remedies; the command line alone turns them into flags ({@code Flags}), in a switch that does not
 * compile with one left out. To add a remedy is thus a constant here and a line there.
 *
 * <p><b>The invariant.</b> No sentence of a library names a flag or a command; {@code WordsTest}
 * holds it.
 */
@NullMarked
package dev.graft.words;

import org.jspecify.annotations.NullMarked;
