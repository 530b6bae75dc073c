/** Whether a model will work: taken the whole road in a process of its own. */
@NullMarked
package dev.graft.check;

import org.jspecify.annotations.NullMarked;
