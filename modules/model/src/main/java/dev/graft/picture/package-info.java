/** Pictures as part of a graph: from the bytes of a file to the tensor that a model reads. */
@NullMarked
package dev.graft.picture;

import org.jspecify.annotations.NullMarked;
