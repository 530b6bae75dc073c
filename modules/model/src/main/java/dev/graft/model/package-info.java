/** The values that stages exchange: {@link dev.graft.model.Model} and what it is made of. */
@NullMarked
package dev.graft.model;

import org.jspecify.annotations.NullMarked;
