package dev.graft.internal.live;

import static java.util.Objects.requireNonNull;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.collect.Lists;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadDataException;
import dev.graft.error.BadModelException;
import dev.graft.error.ClosedException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
import dev.graft.error.TimeLimitException;
import dev.graft.picture.PixelLimit;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Remedy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Asks an open model by one signature, and counts how that goes. May be shared by threads. */
public final class Asking {

  /** For the first call, in which TensorFlow gets the model ready, whatever the others may take. */
  private static final Duration OPENING = Duration.ofMinutes(2);

  /** As many as an export is compared with: memory for more is nobody's promise. */
  private static final int MOST_ROWS = 32;

  /** Forms of examples, of which it is remembered how many at once there is room for. */
  private static final int FORMS = 100;

  private final SavedModelSession session;
  private final ServedSignature way;
  private final Feed feed;
  private final Readout readout;
  private final Duration timeout;

  /** How many at once there is room for, of forms of which there once were too many. */
  private final Cache<Map<String, Object>, Integer> room =
      CacheBuilder.newBuilder().maximumSize(FORMS).build();

  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong();

  /**
   * Of an open model.
   *
   * @param session the model; stays its owner's
   * @param timeout how long one call may take before it is given up; zero for any time
   */
  public Asking(
      SavedModelSession session, ServedSignature way, ServedFacts facts, Duration timeout) {
    this.session = session;
    this.way = way;
    this.feed = new Feed(way);
    this.readout = new Readout(way, facts);
    this.timeout = timeout;
  }

  /** To how many examples it gave an answer. */
  public long answered() {
    return answered.get();
  }

  /** To how many it gave none. */
  public long failed() {
    return failed.get();
  }

  /** How long its runs took together. */
  public Duration time() {
    return Duration.ofNanos(nanos.get());
  }

  /**
   * Has it answer something, so that the next answer comes faster.
   *
   * @param own the request that the model brings along for that; none for one that is made up
   * @param rows in how large a run it is asked, too; zero if it need not answer at all
   * @return its only answer, if there is one
   * @throws BadModelException if it has to answer, and does not, or with what is no number
   */
  public Optional<TensorValue> first(Optional<Map<String, TensorValue>> own, int rows) {
    boolean isLimited = !timeout.isZero() && timeout.compareTo(OPENING) < 0;
    Duration limit = isLimited ? OPENING : timeout;
    FirstAnswer first = new FirstAnswer(feed, readout, inputs -> call(inputs, limit));
    return rows == 0 ? first.ifAny(own) : first.required(own, Math.min(rows, MOST_ROWS));
  }

  private Map<String, TensorValue> call(Map<String, TensorValue> inputs, Duration limit) {
    try {
      return session.call(way.signature().name(), inputs, limit);
    } catch (TensorFlowException e) {
      if (e.code() == TensorFlowException.Code.DEADLINE_EXCEEDED) {
        throw new TimeLimitException(
            "the model gave no answer within "
                + limit.toMillis() / 1e3
                + " s, so the call was given up; give it more time if it is only slow.",
            e,
            Remedy.ANSWER_TIME);
      }
      throw e;
    }
  }

  /**
   * The answers, or why there is none: one that the model cannot take fails alone, and a run that
   * takes too long fails those that are in it.
   *
   * @param onCall is run before each call of the model, of which several may be needed
   */
  public List<Outcome> answerEach(List<Example> examples, Runnable onCall) {
    Outcome[] outcomes = new Outcome[examples.size()];
    List<Asked> asked = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      try {
        asked.add(asked(examples, i));
      } catch (BadDataException e) {
        outcomes[i] = failed(e);
      }
    }
    for (List<Asked> some : runs(asked)) {
      for (int at = 0; at < some.size(); ) {
        List<Asked> next = next(some, at);
        if (isAnswered(next, outcomes, onCall)) {
          at += next.size();
        }
      }
    }
    return List.of(outcomes);
  }

  /** Whether each now has an outcome; if not, there is room for fewer at once. */
  private boolean isAnswered(List<Asked> some, Outcome[] outcomes, Runnable onCall) {
    try {
      onCall.run();
      List<Answer> answers = run(some);
      for (int i = 0; i < some.size(); i++) {
        outcomes[some.get(i).place] = Outcome.of(answers.get(i));
      }
      answered.addAndGet(some.size());
    } catch (BadDataException | BadModelException | ExhaustedException e) {
      if (e instanceof ExhaustedException && isDivided(some)) {
        return false;
      }
      if (some.size() == 1) {
        outcomes[some.get(0).place] = failed(e);
      } else {
        some.forEach(one -> isAnswered(List.of(one), outcomes, onCall));
      }
    } catch (ClosedException e) { // by none of them, and no further run is possible
      failed.addAndGet(some.size());
      throw e;
    } catch (GraftException e) { // by none of them, as a time that is over: others have an answer
      some.forEach(one -> outcomes[one.place] = failed(e));
    } catch (RuntimeException e) {
      failed.addAndGet(some.size());
      throw e;
    }
    return true;
  }

  private Outcome failed(GraftException why) {
    failed.incrementAndGet();
    return Outcome.failed(why);
  }

  /**
   * The answers about all of them, or none.
   *
   * @throws BadDataException if the model cannot take one, by its name
   */
  public List<Answer> answers(List<Example> examples) {
    try {
      List<Asked> asked =
          IntStream.range(0, examples.size()).mapToObj(i -> asked(examples, i)).toList();
      Answer[] answers = new Answer[asked.size()];
      for (List<Asked> some : runs(asked)) {
        List<Answer> these = inRoom(some);
        for (int i = 0; i < some.size(); i++) {
          answers[some.get(i).place] = these.get(i);
        }
      }
      answered.addAndGet(answers.length);
      return List.of(answers);
    } catch (RuntimeException e) {
      failed.addAndGet(examples.size());
      throw e;
    }
  }

  /** As {@link #named}, of as many at once as memory has room for. */
  private List<Answer> inRoom(List<Asked> some) {
    List<Answer> all = new ArrayList<>();
    while (all.size() < some.size()) {
      List<Asked> next = next(some, all.size());
      try {
        all.addAll(named(next));
      } catch (ExhaustedException e) {
        if (!isDivided(next)) {
          throw e;
        }
      }
    }
    return all;
  }

  /** The next of {@code some}: as many as there is room for, by what was seen of their form. */
  private List<Asked> next(List<Asked> some, int from) {
    int most = room.asMap().getOrDefault(some.get(0).form, some.size());
    return some.subList(from, Math.min(some.size(), from + most));
  }

  /**
   * Whether fewer at once are to be asked about, where there is no room for {@code some}; from then
   * on there are, since TensorFlow waits ten seconds before it says so.
   */
  private boolean isDivided(List<Asked> some) {
    if (some.size() == 1 || way.fixedBatch() != 0) {
      room.invalidate(some.get(0).form); // what it taught of others was of this one
      return false; // a batch of a fixed size is as large for fewer
    }
    room.asMap().merge(some.get(0).form, (some.size() + 1) / 2, Math::min);
    return true;
  }

  /** As {@link #run}, which says of several that one of them is no good: says which. */
  private List<Answer> named(List<Asked> some) {
    try {
      return run(some);
    } catch (BadDataException e) {
      if (some.size() > 1) {
        some.forEach(one -> run(List.of(one)));
      }
      throw e;
    }
  }

  /**
   * An example on its way.
   *
   * @param place the how-manieth it is
   * @param name what it is called, for messages
   * @param row what is fed of it
   * @param form what it has in common with those that can be asked about in one run
   */
  private record Asked(
      int place, String name, Map<String, TensorValue> row, Map<String, Object> form) {}

  private Asked asked(List<Example> examples, int place) {
    Example example = examples.get(place);
    String name =
        example.name().orElse((example.picture().isPresent() ? "picture " : "example ") + place);
    Map<String, TensorValue> row = feed.row(example, name);
    return new Asked(place, name, row, Feed.form(row));
  }

  /** Those that are asked about in one run together. */
  private List<List<Asked>> runs(List<Asked> asked) {
    Map<Map<String, Object>, List<Asked>> forms = new LinkedHashMap<>();
    asked.forEach(one -> forms.computeIfAbsent(one.form, form -> new ArrayList<>()).add(one));
    int most = way.fixedBatch() == 0 ? MOST_ROWS : way.fixedBatch();
    return forms.values().stream().flatMap(all -> Lists.partition(all, most).stream()).toList();
  }

  private List<Answer> run(List<Asked> some) {
    long began = System.nanoTime();
    try {
      Map<String, TensorValue> outputs = outputs(some);
      return way.findsBoxes()
          ? readout.boxes(outputs, some.stream().map(this::file).toList(), i -> some.get(i).name)
          : readout.answers(outputs, some.size(), i -> some.get(i).name);
    } finally {
      nanos.addAndGet(System.nanoTime() - began);
    }
  }

  private byte[] file(Asked picture) {
    return requireNonNull(picture.row.get(way.picture().orElseThrow())).byteArrays().get(0);
  }

  /** What the signature gives. */
  private Map<String, TensorValue> outputs(List<Asked> some) {
    try {
      return call(feed.batch(some.stream().map(Asked::row).toList()), timeout);
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e; // not by what it was given
      }
      boolean isOne = some.size() == 1;
      String name = isOne ? "'" + some.get(0).name + "'" : "one of " + some.size() + " examples";
      String what = "the model cannot compute its answer to " + name + ": " + e.detail();
      if (way.picture().isPresent()) {
        what =
            PixelLimit.in(e.detail())
                .map(large -> name + " is " + large + " by this version, as it was published.")
                .orElse(
                    name
                        + " is no picture that can be decoded; give a JPEG, PNG, GIF or BMP file.");
      }
      throw new BadDataException(what, e);
    } catch (ExhaustedException e) {
      throw new ExhaustedException(
          "there is not enough memory for an answer to "
              + (some.size() == 1 ? "'" + some.get(0).name + "'" : some.size() + " at once")
              + ": "
              + e.getMessage()
              + ". Smaller pictures take less; the CPU may have more.",
          e,
          Remedy.SMALLER_PICTURES,
          Remedy.CPU);
    }
  }

  /** The only answer about one example as it stands. */
  public TensorValue scores(Example example) {
    List<Asked> one = List.of(asked(List.of(example), 0));
    return readout.scores(outputs(one), way.answers().get(0), 1);
  }
}
