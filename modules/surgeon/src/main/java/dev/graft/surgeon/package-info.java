/**
 * Edits, each a function from {@code Model} to {@code Model}, addressed by a <em>where</em> (which
 * layers) and a <em>what</em> (the change). No native code.
 */
@NullMarked
package dev.graft.surgeon;

import org.jspecify.annotations.NullMarked;
