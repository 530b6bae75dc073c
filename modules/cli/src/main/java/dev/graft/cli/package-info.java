/** The {@code graft} command line. */
@NullMarked
package dev.graft.cli;

import org.jspecify.annotations.NullMarked;
