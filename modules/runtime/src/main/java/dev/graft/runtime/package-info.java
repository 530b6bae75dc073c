/**
 * The one owner of everything native, and the only module that calls TensorFlow.
 *
 * <p><b>What enters.</b> {@link dev.graft.runtime.RuntimeOptions} of a process and {@code Compute}
 * of a session ({@code SessionConfig} says both to TensorFlow); graphs, models and SavedModel
 * folders; values to feed.
 *
 * <p><b>What leaves.</b> Values, shapes, gradients' graphs, and sessions to be closed: {@link
 * dev.graft.runtime.GraphSession}, {@link dev.graft.runtime.ModelSession} (with its variables, by
 * {@code VariableAccess}), {@link dev.graft.runtime.SavedModelSession} (by TensorFlow's own
 * loader).
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.runtime.TensorFlowRuntime} opens all of them and notes
 * each in {@code Handles} as an {@link dev.graft.runtime.OpenHandle}. Each holds a {@code
 * NativeSession} over a {@code NativeGraph}; calls go through a {@link
 * dev.graft.runtime.PreparedRun} or {@code SignatureCalls}; {@code Tensors} copies values there and
 * back, {@code NativeMemory} holds TensorFlow's structs; {@code Status} makes a {@link
 * dev.graft.runtime.TensorFlowException} of TensorFlow's codes, or another. {@link
 * dev.graft.runtime.ShapeInference} and {@link dev.graft.runtime.GradientHarvest} ask TensorFlow
 * about graphs that are never run. {@link dev.graft.runtime.StepTrial} finds out in which form a
 * training's steps run faster, by what a {@link dev.graft.runtime.Processor} can do. {@code
 * ProcessThreads} remembers what the first runtime of a process decided, {@code NativeLog} turns
 * the lines of native code aside. CUDA is loaded by the room {@code internal.natives} before
 * TensorFlow is, at the gate that every native call passes first ({@code NativeMemory}); the room
 * {@code machine} says what there is of NVIDIA's cards, and what is in their way.
 *
 * <p><b>The invariant.</b> Nothing native is freed while a call uses it ({@code InUse}): closing
 * waits, then cancels, then leaves it to the last call; and nothing stays open once the runtime is
 * closed.
 */
@NullMarked
package dev.graft.runtime;

import org.jspecify.annotations.NullMarked;
