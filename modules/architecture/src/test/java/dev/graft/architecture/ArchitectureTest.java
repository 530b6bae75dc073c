package dev.graft.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The table of docs/architecture.md and the rules of CONTRIBUTING.md, held against the classes. */
class ArchitectureTest {
  private static final JavaClasses GRAFT = House.GRAFT;

  private static final Path ROOT = Path.of(System.getProperty("graft.root"));
  private static final int MOST_LINES = 400;
  private static final Set<String> NOT_OURS =
      Set.of("target", "build", "out", "runs", ".git", "node_modules", "__pycache__");

  @Test
  void everyModuleIsSeen() {
    assertThat(GRAFT.stream().map(House::module).distinct())
        .containsAll(House.MAY_USE.keySet())
        .contains("graft", "cli", "examples", "bench");
  }

  @TestFactory
  Stream<DynamicTest> modulesUseWhatTheTableAllows() {
    return House.MAY_USE.entrySet().stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.getKey(),
                    () ->
                        classes()
                            .that(House.ofModule(row.getKey()))
                            .should(House.useOnly(row.getKey(), row.getValue()))
                            .check(GRAFT)));
  }

  /** The benchmarks hold Graft against TensorFlow Java as it is. */
  @Test
  void onlyTheRuntimeTouchesTensorFlowOutsideItsProtos() {
    noClasses()
        .that(not(House.ofModule("runtime").or(House.ofModule("bench"))))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("org.tensorflow..", "org.bytedeco..")
                .and(not(resideInAnyPackage("org.tensorflow.proto.."))))
        .check(GRAFT);
  }

  /** To ask it may take seconds, and an old driver has ended a training on the CPU. */
  @Test
  void onlyWhoDescribesTheCardsAsksTheirDriver() {
    String cards = "dev.graft.Gpus";
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.graft.runtime.machine")
        .and()
        .doNotHaveFullyQualifiedName(cards)
        .should()
        .dependOnClassesThat(resideInAnyPackage("dev.graft.runtime.machine"))
        .check(GRAFT);
    noClasses()
        .that(House.ofModule("graft"))
        .and()
        .doNotHaveFullyQualifiedName("dev.graft.Graft")
        .and()
        .haveNameNotMatching("dev[.]graft[.]Gpus.*")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(cards)
        .check(GRAFT);
  }

  @Test
  void theCommandLineAndTheExamplesUseThePublicApi() {
    classes()
        .that(House.ofModule("cli").or(House.ofModule("examples")))
        .should(House.useOnlyThePublicApi())
        .check(GRAFT);
  }

  @Test
  void nobodyTouchesTheInsideOfAnotherModule() {
    classes().should(House.stayOutsideOfOthers()).check(GRAFT);
  }

  @Test
  void thePublicApiShowsNothingInternal() {
    classes()
        .that(House.API)
        .should(House.showNothingInternal())
        .allowEmptyShould(true)
        .check(GRAFT);
  }

  /** A module that is made to bind a library is excepted, by its name. */
  @Test
  void thePublicApiShowsNothingForeign() {
    DescribedPredicate<JavaClass> binding =
        DescribedPredicate.describe(
            "of a binding", type -> House.BINDINGS.contains(House.module(type)));
    classes().that(House.API.and(not(binding))).should(House.showNothingForeign()).check(GRAFT);
  }

  /** So that a plan is the same wherever it is made; what it is made of is measured before. */
  @Test
  void planningOpensNothing() {
    noClasses()
        .that(simpleName("TrainingPlanner").or(simpleName("Plan")).or(simpleName("FeaturePlan")))
        .or(simpleName("Stages").or(simpleName("AutoRecipe")).or(simpleName("Acceptance")))
        .should()
        .dependOnClassesThat(resideInAnyPackage("dev.graft.runtime"))
        .check(GRAFT);
  }

  @Test
  void stagesWithoutEntryTypesAreInternal() {
    classes()
        .that(
            House.ofModule("importer")
                .or(House.ofModule("savedmodel"))
                .or(House.ofModule("autodiff"))
                .or(House.ofModule("runtime"))
                .or(House.ofModule("exporter")))
        .should(House.beInternalWhenPublic())
        .check(GRAFT);
  }

  @Test
  void stagesPrintNothing() {
    noClasses()
        .that(
            not(House.ofModule("cli"))
                .and(not(House.ofModule("examples")))
                .and(not(House.ofModule("bench"))) // a program, too
                .and(not(simpleName("NativeLog")))) // whose job is where standard error leads
        .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
        .check(GRAFT);
  }

  @Test
  void namesComeFromTheField() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Helpers")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .check(GRAFT);
  }

  @Test
  void everyPackageIsNullMarked() {
    assertThat(House.packagesWithoutNullMarked()).isEmpty();
  }

  @Test
  void noSourceFileIsLongerThanAPersonReads() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path file : sources()) {
      try (Stream<String> lines = Files.lines(file)) {
        long count = lines.count();
        if (count > MOST_LINES) {
          tooLong.add(ROOT.relativize(file) + " has " + count + " lines");
        }
      }
    }
    assertThat(tooLong).as("files over %d lines", MOST_LINES).isEmpty();
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
            String name = dir.getFileName().toString();
            return NOT_OURS.contains(name) || (name.startsWith(".") && !dir.equals(ROOT))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
            String name = file.getFileName().toString();
            if (name.endsWith(".java") || name.endsWith(".py")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(sources).as("source files below %s", ROOT).isNotEmpty();
    return sources;
  }
}
