package dev.graft.exporter;

import dev.graft.error.Internal;
import java.nio.file.Path;

/**
 * A published version.
 *
 * @param path its folder
 * @param number its number
 * @param report what it stood before it was published
 */
@Internal
public record Version(Path path, long number, ExportReport report) {}
