/**
 * The front door: load a model, edit it, train it, publish it, serve it. What an application on the
 * JVM embeds.
 */
@NullMarked
package dev.graft;

import org.jspecify.annotations.NullMarked;
