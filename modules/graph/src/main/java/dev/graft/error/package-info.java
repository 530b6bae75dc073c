/** What goes wrong, by what the caller can do about it, and the words that say so. */
@NullMarked
package dev.graft.error;

import org.jspecify.annotations.NullMarked;
