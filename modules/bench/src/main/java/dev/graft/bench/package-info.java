/** Graft's side of {@code tools/bench/run}, which measures it against its peers. */
@NullMarked
package dev.graft.bench;

import org.jspecify.annotations.NullMarked;
