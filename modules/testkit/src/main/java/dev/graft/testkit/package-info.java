/**
 * What the tests of every stage share.
 *
 * <p><b>What enters.</b> The zoo's folder in the checkout ({@link dev.graft.testkit.Checkout}), and
 * nothing of the stages that are tested.
 *
 * <p><b>What leaves.</b> Models: {@link dev.graft.testkit.Zoo} has those that real Keras and
 * TensorFlow saved, each a {@link dev.graft.testkit.ZooModel} with the values that TensorFlow
 * computed ({@link dev.graft.testkit.Golden}); {@link dev.graft.testkit.HandMade} ones are written
 * node by node, {@link dev.graft.testkit.Hostile} ones reach into files, a {@link
 * dev.graft.testkit.Bomb} takes endless time or memory ({@code HostileParts} and {@code BombParts}
 * are what they are made of), {@link dev.graft.testkit.NoMemory} is a tensor for which no machine
 * has room, and {@link dev.graft.testkit.Drawn} are values by chance. Ways to look: {@link
 * dev.graft.testkit.TensorAssert} and {@link dev.graft.testkit.Difference} compare arrays, {@link
 * dev.graft.testkit.NoLeaks} fails a test that leaves something native open, {@link
 * dev.graft.testkit.Logged} holds what was logged, {@link dev.graft.testkit.FaultyFileSystem} fails
 * when it is told to, and its {@code FaultyChannel}s, {@link dev.graft.testkit.ChildJava} runs what
 * is to be killed, or to have little memory.
 *
 * <p><b>Who calls whom.</b> Tests of all modules call these; nothing that ships does.
 *
 * <p><b>The invariant.</b> What is compared with comes from TensorFlow itself, never from Graft.
 */
@NullMarked
package dev.graft.testkit;

import org.jspecify.annotations.NullMarked;
