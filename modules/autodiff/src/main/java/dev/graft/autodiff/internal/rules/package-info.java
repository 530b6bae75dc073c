/** The rules, a class for each family of ops. */
@NullMarked
package dev.graft.autodiff.internal.rules;

import org.jspecify.annotations.NullMarked;
