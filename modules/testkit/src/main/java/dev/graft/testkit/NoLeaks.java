package dev.graft.testkit;

import com.google.common.base.Joiner;
import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.Collection;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaves something native open, and shows where it was opened. What a class opens
 * in {@code @BeforeAll} may stay open during its tests, not after them.
 *
 * <p>JUnit finds this extension by itself in every module that has testkit on its test class path
 * (META-INF/services, and junit-platform.properties beside it): no test can forget it.
 */
public final class NoLeaks
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(NoLeaks.class);

  private final Supplier<? extends Collection<?>> open;

  /** A check of all that TensorFlow runtimes have open in this process. */
  public NoLeaks() {
    this(TensorFlowRuntime::openInProcess);
  }

  /** A check of what {@code open} lists; the text of each thing says where it was opened. */
  NoLeaks(Supplier<? extends Collection<?>> open) {
    this.open = open;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    check(context);
  }

  private void remember(ExtensionContext context) {
    context.getStore(NAMESPACE).put(key(context), HashMultiset.create(open.get()));
  }

  private void check(ExtensionContext context) {
    Multiset<?> before = context.getStore(NAMESPACE).remove(key(context), Multiset.class);
    Multiset<Object> left = HashMultiset.create(open.get());
    if (before != null) {
      before.forEach(left::remove);
    }
    if (!left.isEmpty()) {
      throw new AssertionError(
          context.getDisplayName()
              + " left native things open: "
              + left.size()
              + ". Close them in the test, or open them in @BeforeAll and close them in @AfterAll.\n"
              + Joiner.on('\n').join(left));
    }
  }

  /** Of this check: a test may have one of its own beside the one that JUnit finds. */
  private String key(ExtensionContext context) {
    return System.identityHashCode(this) + context.getUniqueId();
  }
}
