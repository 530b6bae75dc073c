package dev.graft.examples.photos;

import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ClosedException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
import dev.graft.error.RefusedException;
import dev.graft.error.TimeLimitException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** What goes wrong, in HTTP. What Graft throws says by its type what the caller can do about it. */
@RestControllerAdvice
class Problems {

  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  @ExceptionHandler
  ProblemDetail of(GraftException e) {
    HttpStatus status = status(e);
    if (status == HttpStatus.INTERNAL_SERVER_ERROR) {
      LOG.error("a request failed", e);
    }
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, e.getMessage());
    if (e instanceof RefusedException refused) {
      problem.setProperty("figures", TrainingEnd.Asked.of(refused));
    }
    return problem;
  }

  private static HttpStatus status(GraftException e) {
    if (e instanceof BadDataException || e instanceof BadRequestException) {
      return HttpStatus.BAD_REQUEST;
    }
    if (e instanceof RefusedException) {
      return HttpStatus.UNPROCESSABLE_ENTITY;
    }
    if (e instanceof ExhaustedException || e instanceof ClosedException) { // too many wait, say
      return HttpStatus.SERVICE_UNAVAILABLE;
    }
    return e instanceof TimeLimitException
        ? HttpStatus.GATEWAY_TIMEOUT
        : HttpStatus.INTERNAL_SERVER_ERROR; // the model, a disk: nothing that the client can mend
  }

  @ExceptionHandler
  ProblemDetail of(TimeoutException e) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.GATEWAY_TIMEOUT, "there was no answer in time; ask again later");
  }

  @ExceptionHandler
  ProblemDetail of(CancellationException e) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.SERVICE_UNAVAILABLE, "it was cancelled, or the service ends");
  }
}
