/**
 * Sessions, tensors, devices, precision and the native log: the one place that opens and closes
 * what is native. No other module imports TensorFlow outside its protos.
 */
@NullMarked
package dev.graft.runtime;

import org.jspecify.annotations.NullMarked;
