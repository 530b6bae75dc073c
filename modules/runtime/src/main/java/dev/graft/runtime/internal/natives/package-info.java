/**
 * CUDA for TensorFlow's GPU build, loaded before TensorFlow is.
 *
 * <p><b>What enters.</b> A class path that may hold TensorFlow's natives for GPUs and a jar with
 * CUDA's libraries; a machine that may have a driver and a CUDA of its own; a folder to unpack to.
 *
 * <p><b>What leaves.</b> CUDA's libraries in this process, so that TensorFlow finds each by its
 * name without {@code LD_LIBRARY_PATH}; a {@link dev.graft.runtime.internal.natives.Cuda} that says
 * where they came from, or why there are none.
 *
 * <p><b>Who calls whom.</b> The runtime calls {@link
 * dev.graft.runtime.internal.natives.NativeLibraries} once, before TensorFlow's first native call,
 * whether or not that call is for a card. That asks {@code Driver} for which CUDA there is a
 * driver, then {@code SystemCuda} for what is installed, then {@code CudaJar} for what the class
 * path holds, which {@code Unpacking} makes files of, in folders that are {@code Owned}. All of
 * them go by the list in {@code CudaLibrary}. {@code Forwarder} gives a library of CUDA 13 the name
 * that it had in CUDA 12. {@link dev.graft.runtime.internal.natives.TensorFloat32} is a switch of
 * TensorFlow's own that its C API lacks: the runtime turns it off on a machine with a card, and a
 * session in TF32 on. {@link dev.graft.runtime.internal.natives.XlaSwitches} sets those of XLA that
 * are of a whole process, and the folder in which what it compiled is kept, before the first
 * session.
 *
 * <p><b>The invariant.</b> A library that is loaded is whole, and all that it needs was loaded
 * before it; a machine without a driver unpacks and loads nothing.
 */
@NullMarked
package dev.graft.runtime.internal.natives;

import org.jspecify.annotations.NullMarked;
