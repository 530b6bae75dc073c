/**
 * Programs that use Graft as an application does; documentation shows their bodies.
 *
 * <p><b>What enters.</b> A network and data of the repository, or your own, as paths.
 *
 * <p><b>What leaves.</b> A score, a version, a few answers: what the tests hold and the pages tell.
 *
 * <ul>
 *   <li>{@link dev.graft.examples.Photos}: the main job step by step, as README shows it.
 *   <li>{@link dev.graft.examples.InAService}: the same in one call, listened to and gone on with.
 *   <li>{@link dev.graft.examples.AnswerMany}: answers while newer versions are published.
 *   <li>{@link dev.graft.examples.WholeJob}, {@link dev.graft.examples.OwnRecipe}: the same with a
 *       word in each of its parts, and with a training of which everything is chosen.
 *   <li>{@link dev.graft.examples.LookInside}: what a network is, before it is used; {@link
 *       dev.graft.examples.OnAGpu}: what a machine is.
 *   <li>{@link dev.graft.examples.SurgerySteps}, {@link dev.graft.examples.MoreLabels}, {@link
 *       dev.graft.examples.OtherSize}, {@link dev.graft.examples.TwoAnswers}: what can be done to a
 *       network.
 *   <li>{@link dev.graft.examples.ShiftedPictures}, {@link dev.graft.examples.Attributes}, {@link
 *       dev.graft.examples.Search}: other pictures, several labels, vectors to search by.
 *   <li>{@link dev.graft.examples.IfGoodEnough}, {@link dev.graft.examples.KeptVersions}: a version
 *       that has to reach something, and those that stay.
 *   <li>{@link dev.graft.examples.FindCells}: boxes around what is on a picture.
 *   <li>{@link dev.graft.examples.Signals}, {@link dev.graft.examples.Reviews}: numbers and texts;
 *       {@link dev.graft.examples.AskAnything}: a version of whatever kind.
 * </ul>
 *
 * <p><b>Who calls whom.</b> None knows another; each begins at {@code dev.graft.Graft} or {@code
 * dev.graft.job.FineTuneJob}. The text between {@code // docs begin} and {@code // docs end} stands
 * in {@code docs/surgery.md}, between {@code // README begins} and its end in README.
 *
 * <p><b>The invariant.</b> Only public API is used ({@code ArchitectureTest}), and what a page
 * shows is what compiles and runs here.
 */
@NullMarked
package dev.graft.examples;

import org.jspecify.annotations.NullMarked;
