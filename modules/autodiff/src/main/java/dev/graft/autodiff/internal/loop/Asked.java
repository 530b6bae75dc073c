package dev.graft.autodiff.internal.loop;

import java.util.Set;

/**
 * What is asked of a loop's body or a branch on the way back.
 *
 * @param by the arguments to differentiate by
 * @param results the results that a gradient comes in for
 * @param kept the arguments that the way back can read as they were on the way forward
 */
record Asked(Set<Integer> by, Set<Integer> results, Set<Integer> kept) {}
