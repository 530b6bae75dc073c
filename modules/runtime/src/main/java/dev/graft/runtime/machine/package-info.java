/**
 * What this machine has in NVIDIA's cards, and what is in the way of computing on them.
 *
 * <p><b>What enters.</b> An open runtime, which knows where CUDA came from and what TensorFlow
 * sees; what NVIDIA's management library (NVML), which comes with the driver, answers.
 *
 * <p><b>What leaves.</b> {@link dev.graft.runtime.machine.Nvidia}: the driver and the cards, with
 * capability and memory. {@link dev.graft.runtime.machine.GpuAdvice}: what to do where cards are
 * not used, or not well, as notes.
 *
 * <p><b>Who calls whom.</b> The front door asks {@code Nvidia}, which asks {@code Nvml}, and {@code
 * GpuAdvice} about its answer, when it describes its {@code Gpus}. Training asks nothing here: it
 * computes on what TensorFlow sees.
 *
 * <p><b>The invariant.</b> Looking changes nothing: no card is opened for computing, no memory is
 * taken, and a machine without NVML gets an answer, too. The table of advice is over values only,
 * so that a test has each row by recorded answers.
 */
@NullMarked
package dev.graft.runtime.machine;

import org.jspecify.annotations.NullMarked;
