/**
 * Heads: kept, replaced, added, with the layers they are built of.
 *
 * <p><b>What enters.</b> A model and {@code HeadSpec}s.
 *
 * <p><b>What leaves.</b> A model that has these heads, with their variables, layers and signatures.
 *
 * <p><b>Who calls whom.</b> {@link ReplaceHead} takes the head that was found and puts new ones in
 * its place, {@link AddHead} puts them behind a cut, {@link KeepHead} writes down the head that
 * there is. The first two hand on to {@link NewHeads}, which puts heads on an output of each
 * signature; {@link HeadBuilder} adds the nodes of one, with {@link PoolingLayer} and {@link
 * Dropout}, and {@link NewVariables} makes its variables once for all signatures. {@link
 * CarriedWeights} takes over rows of the old kernel for labels that stay.
 *
 * <p>A head for boxes reads several maps: {@code BoxHead} ends the backbone there, {@code
 * BoxNetwork} adds the layers, with {@code NormLayer}, and {@code BoxAnswers} what makes boxes of
 * their answer, of which {@code Suppression} leaves the surest.
 *
 * <p>What any other kind of head puts behind its logits is {@link Activation}, the one place that a
 * new kind has to be added to in this module. {@link HeadText} writes specs into a provenance and
 * reads them again.
 *
 * <p>{@code surgeon.edit.Edits} makes these edits; nobody else knows them.
 *
 * <p><b>The invariant.</b> The answers of all outputs that get no new head are the same as before.
 *
 * <p>How to add a kind of head is in {@code docs/contributing/head-kind.md}.
 */
@NullMarked
package dev.graft.surgeon.internal.head;

import org.jspecify.annotations.NullMarked;
