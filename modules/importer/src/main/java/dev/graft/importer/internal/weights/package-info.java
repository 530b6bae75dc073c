/**
 * Which variable has which handle and which value of the checkpoint, and what fills it.
 *
 * <p><b>What enters.</b> The raw graph with the object graph and the checkpoint.
 *
 * <p><b>What leaves.</b> Variables, each once, with its name, role, flag and the key of its value,
 * and what has to run once.
 *
 * <p><b>Who calls whom.</b> {@link Restoration} follows the file's own restore op: the truth about
 * what goes where, in all vintages. {@link Captures} says where the objects that functions read are
 * in the graph. {@link Variables} joins both, with {@link TrainableFlags} for what trains and what
 * was declared never to. {@link SharedHandles} makes one handle of several that TF1 gave one value.
 *
 * <p>{@link Initialization} finds the init op and the assets as TensorFlow's loader does. {@link
 * TableImports} makes the nodes that fill tables from the checkpoint.
 *
 * <p>{@code dev.graft.importer} keeps these together as the model's memory; the layers and the
 * signatures ask {@link Captures}.
 *
 * <p><b>The invariant.</b> A variable that a checkpoint belongs to has a value in it, or the import
 * fails and names both.
 */
@NullMarked
package dev.graft.importer.internal.weights;

import org.jspecify.annotations.NullMarked;
