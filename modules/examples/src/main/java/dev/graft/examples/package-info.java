/** Programs that embed Graft. The guides and the README show this code; the tests run it. */
@NullMarked
package dev.graft.examples;

import org.jspecify.annotations.NullMarked;
