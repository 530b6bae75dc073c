package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import java.nio.file.Path;

/**
 * A published version.
 *
 * @param path its folder
 * @param number its number
 * @param report what it stood before it was published
 * @param remarks those of the report, and what was not as one might expect in publishing it
 */
@Internal
public record Version(Path path, long number, ExportReport report, ImmutableList<String> remarks) {}
