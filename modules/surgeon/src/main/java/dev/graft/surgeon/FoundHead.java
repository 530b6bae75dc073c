package dev.graft.surgeon;

import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Variable;
import java.util.Optional;

/**
 * The part of a model that turns features into an answer, as {@link HeadFinder} found it.
 *
 * @param output the name of the signature's output that it computes
 * @param answer the tensor that the signature gives
 * @param logits the raw answer, before softmax or sigmoid
 * @param features what the head reads
 * @param kind what sort of answer it is; of a {@code linear} one a guess
 * @param linear whether it gives its logits as they are: these may be scores of labels of which one
 *     holds, or any number, or no scores but numbers
 * @param product the product of features and kernel
 * @param operation the op that holds the kernel: {@code MatMul}, {@code Conv2D}...
 * @param kernel the kernel's name: a variable, or a constant node of a frozen graph
 * @param kernelVariable the kernel, if it is a variable
 * @param bias the bias, if there is one and it is a variable
 * @param inputs how many features it reads
 * @param units how many answers it gives
 * @param transposed whether the kernel is applied transposed: [units, inputs]
 * @param perPosition whether it answers for each position (of a sequence, a picture), not once
 * @param reason what was found and why, in words
 */
public record FoundHead(
    String output,
    TensorRef answer,
    TensorRef logits,
    TensorRef features,
    Head.Kind kind,
    boolean linear,
    TensorRef product,
    String operation,
    String kernel,
    Optional<Variable> kernelVariable,
    Optional<Variable> bias,
    int inputs,
    int units,
    boolean transposed,
    boolean perPosition,
    String reason) {}
