package dev.graft;

import java.time.Duration;

/**
 * What a {@link LiveModel} has done since it was opened, at one moment.
 *
 * @param answered to how many examples it gave an answer
 * @param failed to how many it gave none
 * @param time how long its runs took together; more than the time of day where several threads ask
 */
public record LiveStats(long answered, long failed, Duration time) {}
