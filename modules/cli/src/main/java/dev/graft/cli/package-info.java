/**
 * The {@code graft} command line: reads flags, calls the front door, prints.
 *
 * <p><b>What enters.</b> Arguments, as picocli reads them into the fields of a command. What
 * several commands take is a mixin, {@code CommonOptions} of all of them: {@code ModelOption} and
 * {@code ModelParameter} (by {@code ModelNames}), {@code DataOption}, {@code TrainingOptions},
 * {@code SurgeryOptions}, {@code LabelsOption}, {@code LoadFlags}, {@code SignatureOptions}, {@code
 * TrustOption}, {@code GateOptions}, {@code VersionOptions}, {@code MachineOptions}, {@code
 * ThreadsOption}, {@code SeedOption}, {@code CacheOption}. What is asked about is {@code
 * AskedFiles}, maybe an {@code ExampleTable}.
 *
 * <p><b>What leaves.</b> Lines on a {@code Terminal} (a moving line where it is one), JSON where
 * that is asked for, and an exit code: 0 done, 1 failed, 2 bad usage or input, 3 not as good as was
 * asked for, 130 interrupted.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.cli.Main} runs one command of {@code Commands}, each a
 * class that ends in {@code Command}, or says the {@code Version}. A command makes the values of
 * the library from its flags, calls it, and gives what comes back to a class that words it: {@code
 * JobLines} and {@code JobJson} for the events of a job, {@code ModelText}, {@code ModelJson},
 * {@code LayerRows} and {@code PlacementText} for a model, {@code AnswerText} and {@code BoxAnswer}
 * for answers, {@code TextTable}, {@code NumpyFile}, {@code ProgressBar}. {@code NativeLogFile} and
 * {@code QuietLogs} keep lines of others off the terminal. {@code OpeningGraft} loads TensorFlow
 * while the rest is read, {@code Interrupt} ends a training in time when the process is told to go.
 * Exceptions end in {@code Failures}, bad usage in {@code BadUsage}; {@code Flags} says remedies in
 * flags.
 *
 * <p><b>The invariant.</b> Nothing of the work is decided here, and only public values of the
 * library are used: what a command can do, an application can.
 */
@NullMarked
package dev.graft.cli;

import org.jspecify.annotations.NullMarked;
