package dev.graft.job;

import dev.graft.data.Parts;
import dev.graft.trainer.Run;
import java.nio.file.Path;

/**
 * What a job gives.
 *
 * @param run what training gave
 * @param parts what it learned from, was decided by and is scored on
 * @param version the folder of what was published
 * @param score how that does on the test part
 * @param folder of the run
 * @param report the page that tells all of it
 */
public record JobResult(
    Run run, Parts parts, Path version, JobScore score, Path folder, Path report) {}
