package dev.graft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

class NoLeaksTest {
  private static final List<String> OPEN = new ArrayList<>();

  @BeforeEach
  void nothingOpen() {
    OPEN.clear();
  }

  @Test
  void aTestThatLeaksFailsAndSaysWhere() {
    TestExecutionSummary summary = run(Leaking.class);
    assertThat(summary.getTestsSucceededCount()).isEqualTo(1);
    assertThat(summary.getFailures()).hasSize(2); // the test, and the class it is in
    assertThat(summary.getFailures().get(0).getException())
        .hasMessageContaining("leaks() left native things open: 1")
        .hasMessageContaining("session opened at Foo.java:1");
  }

  @Test
  void whatTheClassKeepsOpenFailsTheClass() {
    TestExecutionSummary summary = run(Keeping.class);
    assertThat(summary.getTestsSucceededCount()).isEqualTo(1);
    assertThat(summary.getFailures()).hasSize(1);
    assertThat(summary.getFailures().get(0).getException())
        .hasMessageContaining("Keeping left native things open: 1");
  }

  @Test
  void findsAndChecksTheRuntimeUnasked() {
    TestExecutionSummary summary = run(ForgettingTheRuntime.class);
    ForgettingTheRuntime.runtime.close();
    assertThat(summary.getFailures().get(0).getException())
        .hasMessageContaining("TensorFlow runtime")
        .hasMessageContaining("ForgettingTheRuntime.opens");
  }

  private static TestExecutionSummary run(Class<?> testClass) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(testClass))
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    return listener.getSummary();
  }

  static final class Leaking {
    @RegisterExtension static final NoLeaks NO_LEAKS = new NoLeaks(() -> OPEN);

    @Test
    void leaks() {
      OPEN.add("session opened at Foo.java:1");
    }

    @Test
    void closes() {
      OPEN.add("tensor opened at Foo.java:2");
      OPEN.remove("tensor opened at Foo.java:2");
    }
  }

  static final class Keeping {
    @RegisterExtension static final NoLeaks NO_LEAKS = new NoLeaks(() -> OPEN);

    @BeforeAll
    static void open() {
      OPEN.add("shared session opened at Foo.java:3");
    }

    @Test
    void uses() {
      assertThat(OPEN).hasSize(1);
    }
  }

  static final class ForgettingTheRuntime {
    static TensorFlowRuntime runtime;

    @Test
    void opens() {
      runtime = TensorFlowRuntime.open();
    }
  }
}
