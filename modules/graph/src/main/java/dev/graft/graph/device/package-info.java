/**
 * Where TensorFlow would run the nodes of a graph if it had a GPU.
 *
 * <p><b>What enters.</b> A graph, the nodes of it that are run, and what its variables are called;
 * from resources {@code gpu_kernels.txt}, the kernels that TensorFlow's GPU build has
 * (tools/ops/gpu_kernels.py). Neither a GPU nor native code is needed.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.graph.device.Placement}: how many nodes would run on
 * the GPU, which would not and why, and which variables would lie in the host's memory with them.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.graph.device.Placer} has {@code UnfoldedGraph} put the
 * bodies of loops and branches in place, as TensorFlow does before it places anything, and asks
 * {@code GpuKernels} for a {@code Kernel} for each {@code PlacedNode}. What touches one variable is
 * one group, which goes where all of it can.
 *
 * <p><b>The invariant.</b> It says what TensorFlow 2.18's placer would do with one GPU and soft
 * placement, as far as kernels, names of devices and variables decide that. Constants that follow
 * who reads them, and what later passes move, are left out of account: neither costs anything.
 */
@NullMarked
package dev.graft.graph.device;

import org.jspecify.annotations.NullMarked;
