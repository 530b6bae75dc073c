/**
 * Graft's side of {@code tools/bench/run}, which measures it against its peers.
 *
 * <p><b>What enters.</b> The file of one {@link dev.graft.bench.Case}: which SavedModel, how much
 * of it trains, in what batches; then, on standard input, how many steps to take in the next turn.
 *
 * <p><b>What leaves.</b> On standard output the facts that both sides have to agree on (losses,
 * numbers of trained variables), and how long each turn took, or how much memory the process had.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.bench.Main} reads the case and makes what is measured
 * of the trainer's own parts; {@link dev.graft.bench.Turns} lets it work when the script says so,
 * since the peers must not work at the same time. {@link dev.graft.bench.ServingTimes} and {@link
 * dev.graft.bench.BesideTraining} do so for answers of published versions, {@link
 * dev.graft.bench.Decoding} for photos, {@code BoxSteps} for a head for boxes; what they write is
 * gone with a {@code Scratch}. {@link dev.graft.bench.Tables} is a program of its own, which makes
 * the tables of {@code docs/benchmarks} from results.
 *
 * <p><b>The invariant.</b> What is timed is what users run: there is no loop here that the trainer
 * does not have.
 */
@NullMarked
package dev.graft.bench;

import org.jspecify.annotations.NullMarked;
