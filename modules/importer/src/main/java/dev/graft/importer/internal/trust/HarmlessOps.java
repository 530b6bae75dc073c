package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSetMultimap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ops of TensorFlow 2.18 that reach nothing but the model's own memory, read from a resource:
 * each group of them with its reason. All 1,788 ops of the registry were gone through by their
 * inputs, outputs and attributes; an op that is not listed is not known to be harmless.
 */
final class HarmlessOps {

  private static final Pattern GROUP = Pattern.compile("\\[(-?\\w+)] (.*)");

  /** The group of those that are not harmless, although a rule would have them so. */
  private static final String UNCHECKED = "-unchecked";

  private final ImmutableMap<String, String> reasons;
  private final ImmutableSetMultimap<String, String> groups;
  private final ImmutableSet<String> all;
  private final ImmutableSet<String> unchecked;

  private HarmlessOps(
      ImmutableMap<String, String> reasons,
      ImmutableSetMultimap<String, String> groups,
      ImmutableSet<String> unchecked) {
    this.reasons = reasons;
    this.groups = groups;
    this.all = ImmutableSet.copyOf(groups.values());
    this.unchecked = unchecked;
  }

  static HarmlessOps standard() {
    return Standard.INSTANCE;
  }

  /** Whether {@code op} is listed. */
  boolean contains(String op) {
    return all.contains(op);
  }

  /** All that are listed. */
  ImmutableSet<String> all() {
    return all;
  }

  /** The ops of each group, by the group's name. */
  ImmutableSetMultimap<String, String> groups() {
    return groups;
  }

  /** Why the ops of a group are harmless, or unchecked, by the group's name. */
  ImmutableMap<String, String> reasons() {
    return reasons;
  }

  /** The ops that are not listed, although the rule holds of most of them. */
  ImmutableSet<String> unchecked() {
    return unchecked;
  }

  private static HarmlessOps parse(String text) {
    ImmutableMap.Builder<String, String> reasons = ImmutableMap.builder();
    ImmutableSetMultimap.Builder<String, String> groups = ImmutableSetMultimap.builder();
    ImmutableSet.Builder<String> unchecked = ImmutableSet.builder();
    String group = "";
    for (String line : text.lines().toList()) {
      Matcher heading = GROUP.matcher(line);
      if (heading.matches()) {
        group = heading.group(1);
        reasons.put(group, heading.group(2));
      } else if (!line.isBlank() && !line.startsWith("#")) {
        if (group.equals(UNCHECKED)) {
          unchecked.add(line.split(" "));
        } else {
          groups.putAll(group, line.split(" "));
        }
      }
    }
    return new HarmlessOps(reasons.buildOrThrow(), groups.build(), unchecked.build());
  }

  private static final class Standard {
    static final HarmlessOps INSTANCE = load();

    private static HarmlessOps load() {
      try (InputStream in = HarmlessOps.class.getResourceAsStream("harmless.txt")) {
        if (in == null) {
          throw new IllegalStateException("resource harmless.txt is missing from the build");
        }
        return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
