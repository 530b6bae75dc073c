package dev.graft.runtime;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TensorFlow refused a graph or failed to run it; the message holds TensorFlow's own words. Where
 * it had no room that is an {@link dev.graft.error.ExhaustedException} instead.
 */
@Internal
public class TensorFlowException extends BadModelException {

  private static final long serialVersionUID = 1L;
  private static final Pattern NODE =
      Pattern.compile("\\{\\{node ([^}]+)}}|(?i)\\bnode '([^']+)'|\\{name:'([^']+)'");

  /** The kinds of failure, by TensorFlow's status codes. */
  public enum Code {
    /** 1: stopped from outside. */
    CANCELLED,
    /** 2: anything without a code of its own. */
    UNKNOWN,
    /** 3: shapes or values do not fit. */
    INVALID_ARGUMENT,
    /** 4: took too long. */
    DEADLINE_EXCEEDED,
    /** 5: a file or resource is missing. */
    NOT_FOUND,
    /** 6: exists already. */
    ALREADY_EXISTS,
    /** 7: not allowed. */
    PERMISSION_DENIED,
    /** 8: out of memory. */
    RESOURCE_EXHAUSTED,
    /** 9: a variable or table has no value yet. */
    FAILED_PRECONDITION,
    /** 10: aborted. */
    ABORTED,
    /** 11: an index or a stream is past its end. */
    OUT_OF_RANGE,
    /** 12: no kernel or function for this. */
    UNIMPLEMENTED,
    /** 13: a failure inside TensorFlow. */
    INTERNAL,
    /** 14: a server cannot be reached. */
    UNAVAILABLE,
    /** 15: data is damaged. */
    DATA_LOSS,
    /** 16: no credentials. */
    UNAUTHENTICATED;

    static Code of(int code) {
      return code >= 1 && code <= values().length ? values()[code - 1] : UNKNOWN;
    }
  }

  private final Code code;
  private final String detail;

  TensorFlowException(String doing, Code code, String detail) {
    super(doing + ": TensorFlow says " + code + ": " + detail);
    this.code = code;
    this.detail = detail;
  }

  /** What kind of failure it is. */
  public Code code() {
    return code;
  }

  /** TensorFlow's own message. */
  public String detail() {
    return detail;
  }

  /** The node that TensorFlow's message names. */
  @Override
  public Optional<String> node() {
    Matcher matcher = NODE.matcher(detail);
    if (!matcher.find()) {
      return super.node();
    }
    for (int i = 1; i <= matcher.groupCount(); i++) {
      if (matcher.group(i) != null) {
        return Optional.of(matcher.group(i));
      }
    }
    return super.node();
  }
}
