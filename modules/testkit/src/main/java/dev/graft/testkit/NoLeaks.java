package dev.graft.testkit;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
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
 * <pre>{@code
 * @RegisterExtension static final NoLeaks NO_LEAKS = NoLeaks.of(NativeThings::open);
 * }</pre>
 */
public final class NoLeaks
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(NoLeaks.class);

  private final Supplier<? extends Collection<String>> open;

  private NoLeaks(Supplier<? extends Collection<String>> open) {
    this.open = open;
  }

  /**
   * A check against a registry.
   *
   * @param open tells what is open at the moment: one text for each thing, with its kind and where
   *     it was opened
   */
  public static NoLeaks of(Supplier<? extends Collection<String>> open) {
    return new NoLeaks(open);
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
    context.getStore(NAMESPACE).put(context.getUniqueId(), HashMultiset.create(open.get()));
  }

  private void check(ExtensionContext context) {
    Multiset<?> before = context.getStore(NAMESPACE).remove(context.getUniqueId(), Multiset.class);
    Multiset<String> left = HashMultiset.create(open.get());
    if (before != null) {
      before.forEach(left::remove);
    }
    if (!left.isEmpty()) {
      throw new AssertionError(
          context.getDisplayName()
              + " left "
              + left.size()
              + " native thing(s) open:\n"
              + String.join("\n", left));
    }
  }
}
