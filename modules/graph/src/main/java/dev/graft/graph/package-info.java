/**
 * The flat dataflow graph under a model, and the tools that edit it. Nothing here loads native
 * code.
 *
 * <p><b>What enters.</b> TensorFlow's own messages: {@link Graph#of} takes a GraphDef as a file has
 * it, after {@link NodeCheck} has seen that each node is what the ops say.
 *
 * <p><b>What leaves.</b> A {@link Graph}, or a GraphDef made of one again.
 *
 * <p><b>Who calls whom.</b> {@link Graph} is the immutable value: nodes by name in file order,
 * functions, and questions about them (who reads what, what lies upstream). {@link GraphEditor},
 * had by {@link Graph#edit}, is the one place where graphs change: it adds ({@link OpBuilder}),
 * replaces, redirects and splices, and hands out {@link Names} that are free. {@link Scope} is the
 * short form of that for who builds small graphs. {@link GraphPart} finds what runs without the
 * rest, or has to run twice. {@link TensorRef} is one output of one node.
 *
 * <p>Every stage uses this package; it knows none of them. Its rooms {@code function} and {@code
 * op} know functions as graphs, and what TensorFlow says of its ops; {@code device} says what a GPU
 * would run. {@link Nodes} reads how a node names its inputs, {@link Attrs} writes attributes,
 * {@link Functions} and {@link GradientFunctions} tell which functions nodes refer to, {@link
 * Colocation} which nodes want to be beside others, {@link Loops} which are inside loops of
 * TensorFlow 1.
 *
 * <p><b>The invariant.</b> What leaves {@link GraphEditor#build} satisfies {@link GraphInvariants},
 * so nobody has to ask whether an input exists.
 */
@NullMarked
package dev.graft.graph;

import org.jspecify.annotations.NullMarked;
