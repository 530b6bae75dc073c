package dev.graft.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rooms inside the modules: small, and without circles. */
class RoomsTest {

  private static final int MOST_CLASSES = 25;
  private static final int MEDIAN_CLASSES = 9;
  private static final int MOST_PARAMETERS = 5;
  private static final int SMALL = 3;
  private static final int MOST_SMALL_ROOMS = 6;
  private static final int MOST_LONG_LISTS = 20;
  private static final int MOST_THROUGH_A_WALL = 10;

  /** What a model's file says, which edits change in one place. */
  private static final Set<String> READ =
      Set.of(
          "dev.graft.graph.function.FunctionGraph",
          "dev.graft.model.Head",
          "dev.graft.model.InputSpec",
          "dev.graft.model.Signature",
          "dev.graft.model.Variable");

  private static final Path ROOT = Path.of(System.getProperty("graft.root"));

  /** Top-level classes by package. */
  private static Map<String, Set<String>> rooms() {
    Map<String, Set<String>> rooms = new TreeMap<>();
    for (JavaClass type : House.GRAFT) {
      if (type.isTopLevelClass() && !type.getSimpleName().equals("package-info")) {
        rooms.computeIfAbsent(type.getPackageName(), k -> new TreeSet<>()).add(type.getName());
      }
    }
    return rooms;
  }

  @Test
  void noRoomIsAHall() {
    rooms()
        .forEach(
            (room, classes) -> {
              if (!House.LISTS.containsKey(room)) {
                assertThat(classes).as(room).hasSizeLessThanOrEqualTo(MOST_CLASSES);
              }
            });
  }

  @Test
  void mostRoomsAreSmallAndFewAreCupboards() {
    int[] sizes = rooms().values().stream().mapToInt(Set::size).sorted().toArray();
    assertThat(sizes[sizes.length / 2]).as("median").isLessThanOrEqualTo(MEDIAN_CLASSES);
    assertThat(Arrays.stream(sizes).filter(size -> size < SMALL).count())
        .as("rooms under %d classes: %s", SMALL, rooms())
        .isLessThanOrEqualTo(MOST_SMALL_ROOMS);
  }

  /** Classes inside a module of which other rooms use more; the list may only get shorter. */
  private static final Map<String, String> WIDE =
      Map.of(
          "dev.graft.autodiff.internal.engine.Ops", "the words that gradient rules are written in",
          "dev.graft.autodiff.internal.engine.Backprop", "all that a gradient rule is told",
          "dev.graft.trainer.internal.task.Stage",
              "a value, read by all that a stretch goes through");

  /** A wall between what is used so much and who uses it would stand in the wrong place. */
  @Test
  void fewMembersAreUsedThroughAWall() {
    assertThat(
            House.GRAFT.stream()
                .filter(type -> House.isInside(type) && !type.isRecord()) // which hide nothing
                .filter(type -> usedThroughItsWall(type) > MOST_THROUGH_A_WALL)
                .map(JavaClass::getName))
        .containsExactlyInAnyOrderElementsOf(WIDE.keySet());
  }

  private static long usedThroughItsWall(JavaClass type) {
    return type.getCodeUnits().stream()
        .filter(
            unit ->
                unit.getAccessesToSelf().stream()
                    .anyMatch(
                        access ->
                            !access
                                .getOriginOwner()
                                .getPackageName()
                                .equals(type.getPackageName())))
        .count();
  }

  @Test
  void noRoomsKnowEachOtherInACircle() {
    SliceAssignment byPackage =
        new SliceAssignment() {
          @Override
          public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(type.getPackageName());
          }

          @Override
          public String getDescription() {
            return "each package";
          }
        };
    slices().assignedFrom(byPackage).should().beFreeOfCycles().check(House.GRAFT);
  }

  /**
   * Lists of parameters that are longer, records apart. Each has its reason in the list; it may
   * only get shorter.
   */
  @Test
  void longListsOfParametersAreNamed() throws IOException {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : House.GRAFT) {
      boolean record = type.isRecord();
      for (JavaCodeUnit unit : type.getCodeUnits()) {
        if (unit.getRawParameterTypes().size() > MOST_PARAMETERS
            && !unit.getModifiers().contains(JavaModifier.SYNTHETIC)
            && !unit.getName().startsWith("lambda$")
            && !(record && unit instanceof JavaConstructor)) {
          found.add(type.getName() + "." + unit.getName());
        }
      }
    }
    List<String> named;
    try (Stream<String> lines =
        Files.lines(
            ROOT.resolve(
                "modules/architecture/src/test/resources/dev/graft/architecture/parameters.txt"))) {
      named = lines.filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    }
    assertThat(named).as("each with its reason").allMatch(line -> line.contains(" - "));
    assertThat(found)
        .isEqualTo(
            named.stream()
                .map(line -> line.substring(0, line.indexOf(" - ")))
                .collect(Collectors.toCollection(TreeSet::new)));
    assertThat(found).hasSizeLessThanOrEqualTo(MOST_LONG_LISTS);
  }

  /**
   * What a user changes one thing of is a record up to five components; above that a class whose
   * constructor is its own, so that it can grow: a record's is what everybody may call.
   */
  @Test
  void recordsThatAreChangedAreShort() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : House.GRAFT) {
      if (type.isRecord() && components(type) > MOST_PARAMETERS && isChanged(type)) {
        found.add(type.getName());
      }
    }
    assertThat(found).isEqualTo(READ);
  }

  private static long components(JavaClass record) {
    return record.getFields().stream()
        .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
        .count();
  }

  /**
   * Whether a method gives another of its kind, whoever may call it: of itself, or, if it is
   * static, of one that it is given.
   */
  private static boolean isChanged(JavaClass record) {
    return record.getMethods().stream()
        .filter(method -> method.getRawReturnType().equals(record))
        .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC))
        .anyMatch(
            method ->
                !method.getModifiers().contains(JavaModifier.STATIC)
                    || method.getRawParameterTypes().contains(record));
  }
}
