/**
 * The {@code graft} command line: reads flags, calls the front door, prints.
 *
 * <p><b>What enters.</b> Arguments, as picocli reads them into the fields of a command. What
 * several commands take is a mixin: {@code ModelOption}, {@code DataOption}, {@code
 * TrainingOptions}, {@code SurgeryOptions}, {@code LoadFlags}, {@code MachineOptions}.
 *
 * <p><b>What leaves.</b> Lines on a {@code Terminal} (a moving line where it is one), JSON where
 * that is asked for, and an exit code: 0 done, 1 failed, 2 bad usage or input, 130 interrupted.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.cli.Main} runs one command of {@code Commands}. A
 * command makes the values of the library from its flags, calls it, and gives what comes back to a
 * class that words it: {@code JobLines} for the events of a job, {@code ModelText}, {@code
 * ModelJson} and {@code LayerRows} for a model, {@code ProgressBar}. {@code Interrupt} ends a
 * training in time when the process is told to go. Exceptions end in {@code Failures}, bad usage in
 * {@code BadUsage}; {@code Flags} says remedies in flags.
 *
 * <p><b>The invariant.</b> Nothing of the work is decided here, and only public values of the
 * library are used: what a command can do, an application can.
 */
@NullMarked
package dev.graft.cli;

import org.jspecify.annotations.NullMarked;
