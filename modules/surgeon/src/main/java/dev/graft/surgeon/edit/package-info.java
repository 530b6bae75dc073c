/** The edits a user asks for by name, made here and read again from a record. */
@NullMarked
package dev.graft.surgeon.edit;

import org.jspecify.annotations.NullMarked;
