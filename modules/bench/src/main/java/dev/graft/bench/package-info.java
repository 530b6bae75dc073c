/** Benchmarks: JMH for the JVM side, and the programs that a comparison with a peer starts. */
@NullMarked
package dev.graft.bench;

import org.jspecify.annotations.NullMarked;
