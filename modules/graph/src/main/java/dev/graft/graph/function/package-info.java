/**
 * Functions inside a graph: their bodies as graphs, calls put in place, gradients of their own.
 *
 * <p><b>What enters.</b> A FunctionDef of a graph's library, or a graph with calls of such
 * functions.
 *
 * <p><b>What leaves.</b> A {@link FunctionGraph}, in which arguments are placeholders and results
 * are tensors, or a graph without calls.
 *
 * <p><b>Who calls whom.</b> {@link FunctionInliner} is asked by the importer, once for the whole
 * model and once for each training function, and by whoever has to see into the body of a loop. It
 * works on a {@link FlatGraph}, which is half done and never leaves the package. {@link OpenAttrs}
 * says which attributes a function leaves to its caller, {@link CustomGradient} what an author gave
 * as the gradient of a formula.
 *
 * <p>Loops and branches keep their functions: only calls are put in place, since TensorFlow runs
 * the others as functions.
 *
 * <p><b>The invariant.</b> A function and its graph say the same, whichever of the two was made of
 * the other; names that the graph must not have are the only thing that changes.
 */
@NullMarked
package dev.graft.graph.function;

import org.jspecify.annotations.NullMarked;
