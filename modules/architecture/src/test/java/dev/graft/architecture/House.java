package dev.graft.architecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The words of the rules: modules, rooms, the public API, and what a signature shows. */
final class House {

  private static final Path MODULES = Path.of(System.getProperty("graft.root")).resolve("modules");

  /**
   * All classes of Graft, without their tests: as they were compiled, since the jar of the command
   * line holds those of all modules once more.
   */
  static final JavaClasses GRAFT = new ClassFileImporter().importPaths(compiled());

  /** Rooms that are lists, which a class of their own holds, by how what is in them is called. */
  static final Map<String, String> LISTS =
      Map.of(
          "dev.graft.autodiff.internal.rules", "Rules", // AllRules
          "dev.graft.cli", "Command"); // Commands

  /** Each module's folder of classes, which lies where the one of these tests does. */
  private static List<Path> compiled() {
    try (Stream<Path> modules = Files.list(MODULES)) {
      Path tests = Path.of(House.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path build = MODULES.resolve("architecture").toRealPath().relativize(tests.toRealPath());
      return modules
          .map(module -> module.resolve(build).resolveSibling("classes"))
          .filter(Files::isDirectory)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Named, not referred to: an annotation that the API must not show is none of our business. */
  private static final String INTERNAL = "dev.graft.error.Internal";

  private static final Pattern MODULE = Pattern.compile("/modules/([^/]+)/target/");

  /** The table of docs/architecture.md: each module and the modules that it may use. */
  static final Map<String, Set<String>> MAY_USE = new LinkedHashMap<>();

  static {
    MAY_USE.put("graph", Set.of());
    MAY_USE.put("model", Set.of("graph"));
    MAY_USE.put("savedmodel", Set.of("graph", "model"));
    MAY_USE.put("importer", Set.of("graph", "model", "savedmodel"));
    MAY_USE.put("surgeon", Set.of("graph", "model", "savedmodel"));
    MAY_USE.put("runtime", Set.of("graph", "model", "savedmodel"));
    MAY_USE.put("autodiff", Set.of("graph", "model", "runtime"));
    MAY_USE.put("data", Set.of("graph", "model", "runtime"));
    MAY_USE.put("trainer", Set.of("graph", "model", "savedmodel", "autodiff", "runtime", "data"));
    MAY_USE.put("exporter", Set.of("graph", "model", "savedmodel", "runtime"));
    MAY_USE.put(
        "graft",
        Set.of(
            "graph",
            "model",
            "savedmodel",
            "importer",
            "surgeon",
            "runtime",
            "autodiff",
            "data",
            "trainer",
            "exporter"));
    MAY_USE.put("micrometer", Set.of("graft"));
    MAY_USE.put("testkit", Set.of("graph", "model", "savedmodel", "runtime"));
  }

  /** Modules of which an application sees types, beside much that is internal. */
  private static final Set<String> API_MODULES =
      Set.of("graft", "graph", "model", "surgeon", "data", "trainer", "micrometer");

  /** Those of them that are made to bind a library, whose types they show. */
  static final Set<String> BINDINGS = Set.of("micrometer");

  /** What a Model shows of the graph under it, and what is said of where that runs. */
  private static final Set<String> GRAPH_VALUES = Set.of("TensorRef", "Placement");

  private House() {}

  /** The module that a class of Graft was compiled in; empty for a class of somebody else. */
  static String module(JavaClass type) {
    JavaClass base = type.getBaseComponentType();
    if (!base.getPackageName().equals("dev.graft")
        && !base.getPackageName().startsWith("dev.graft.")) {
      return "";
    }
    return base.getSource()
        .map(source -> MODULE.matcher(source.getUri().toString()))
        .filter(Matcher::find)
        .map(found -> found.group(1))
        .orElse("");
  }

  static DescribedPredicate<JavaClass> ofModule(String module) {
    return DescribedPredicate.describe("of module " + module, type -> module(type).equals(module));
  }

  /** Whether nobody outside the module may touch it. */
  static boolean isInside(JavaClass type) {
    return (type.getBaseComponentType().getPackageName() + ".").contains(".internal.");
  }

  /** Whether the class, or one that it is nested in, is no part of the API. */
  static boolean isInternal(JavaClass type) {
    return isInside(type)
        || type.getBaseComponentType().isAnnotatedWith(INTERNAL)
        || type.getBaseComponentType().getEnclosingClass().map(House::isInternal).orElse(false);
  }

  /** Visible to an application: public, in a public place, not internal. */
  static boolean isApi(JavaClass type) {
    return API_MODULES.contains(module(type))
        && (!type.getPackageName().startsWith("dev.graft.graph")
            || GRAPH_VALUES.contains(outermost(type).getSimpleName()))
        && isOpen(type)
        && !isInternal(type);
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(House::outermost).orElse(type);
  }

  private static boolean isOpen(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(House::isOpen).orElse(true);
  }

  static final DescribedPredicate<JavaClass> API =
      DescribedPredicate.describe("of the public API", House::isApi);

  /** Only modules in {@code allowed}, the class's own, and whatever is not Graft's. */
  static ArchCondition<JavaClass> useOnly(String own, Set<String> allowed) {
    return forEachDependency(
        "use only " + new TreeSet<>(allowed),
        (type, target) ->
            module(target).isEmpty()
                || module(target).equals(own)
                || allowed.contains(module(target)));
  }

  /** Nothing of another module but its public API. */
  static ArchCondition<JavaClass> useOnlyThePublicApi() {
    return forEachDependency(
        "use only the public API",
        (type, target) ->
            module(target).isEmpty()
                || module(target).equals(module(type))
                || isApi(target.getBaseComponentType()));
  }

  /** Nothing of the inside of another module. */
  static ArchCondition<JavaClass> stayOutsideOfOthers() {
    return forEachDependency(
        "stay outside of what is internal in other modules",
        (type, target) ->
            module(target).isEmpty()
                || module(target).equals(module(type))
                || !isInside(target.getBaseComponentType()));
  }

  private interface Allowed {
    boolean is(JavaClass type, JavaClass target);
  }

  private static ArchCondition<JavaClass> forEachDependency(String description, Allowed allowed) {
    return new ArchCondition<>(description) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          if (!allowed.is(type, dependency.getTargetClass())) {
            events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
          }
        }
      }
    };
  }

  /** No supertype, field, parameter, result or exception that is no part of the API. */
  static ArchCondition<JavaClass> showNothingInternal() {
    return showNone(
        "internal", raw -> !module(raw).isEmpty() && !isApi(raw.getBaseComponentType()));
  }

  /** Nothing but Java's types and Graft's: a library may change without its users. */
  static ArchCondition<JavaClass> showNothingForeign() {
    return showNone(
        "foreign",
        raw -> {
          JavaClass base = raw.getBaseComponentType();
          return module(base).isEmpty()
              && !base.isPrimitive()
              && !base.getPackageName().startsWith("java.");
        });
  }

  private static ArchCondition<JavaClass> showNone(String what, Predicate<JavaClass> unwanted) {
    return new ArchCondition<>("show nothing " + what + " in their signatures") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        shown(type)
            .forEach(
                (how, types) ->
                    types.stream()
                        .flatMap(each -> each.getAllInvolvedRawTypes().stream())
                        .filter(unwanted)
                        .map(raw -> how + " shows " + raw.getName() + ", " + what)
                        .distinct()
                        .forEach(text -> events.add(SimpleConditionEvent.violated(type, text))));
      }
    };
  }

  /** All types that a user of {@code type} comes upon, by where. */
  private static Map<String, List<JavaType>> shown(JavaClass type) {
    Map<String, List<JavaType>> shown = new LinkedHashMap<>();
    List<JavaType> above = new ArrayList<>(type.getInterfaces());
    type.getSuperclass().ifPresent(above::add);
    type.getTypeParameters().forEach(each -> above.addAll(each.getBounds()));
    shown.put(type.getName(), above);
    for (JavaField field : type.getFields()) {
      if (isShown(field)) {
        shown.put(field.getFullName(), List.of(field.getType()));
      }
    }
    for (JavaCodeUnit unit : type.getCodeUnits()) {
      if (isShown(unit)) {
        List<JavaType> types = new ArrayList<>(unit.getParameterTypes());
        types.add(unit.getReturnType());
        types.addAll(unit.getExceptionTypes());
        unit.getTypeParameters().forEach(each -> types.addAll(each.getBounds()));
        shown.put(unit.getFullName(), types);
      }
    }
    return shown;
  }

  /** Visible to an application as a member of a type that is. */
  static boolean isShown(JavaMember member) {
    Set<JavaModifier> modifiers = member.getModifiers();
    return (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED))
        && !modifiers.contains(JavaModifier.SYNTHETIC)
        && !member.isAnnotatedWith(INTERNAL);
  }

  /** Marked as internal, or in an internal room, when public at all. */
  static ArchCondition<JavaClass> beInternalWhenPublic() {
    return new ArchCondition<>("be package-private or internal") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (isOpen(type) && !isInternal(type)) {
          events.add(SimpleConditionEvent.violated(type, type.getName() + " is public, unmarked"));
        }
      }
    };
  }

  /** Packages that hold classes without a package-info marked as NullMarked. */
  static List<String> packagesWithoutNullMarked() {
    Set<String> all = new TreeSet<>();
    Set<String> marked = new TreeSet<>();
    for (JavaClass type : GRAFT) {
      all.add(type.getPackageName());
      if (type.getSimpleName().equals("package-info")
          && type.isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
        marked.add(type.getPackageName());
      }
    }
    return all.stream().filter(name -> !marked.contains(name)).toList();
  }
}
