/**
 * What the tests of every stage share: the zoo of saved models with their golden values, assertions
 * on arrays, and a check that nothing native stays open.
 */
@NullMarked
package dev.graft.testkit;

import org.jspecify.annotations.NullMarked;
