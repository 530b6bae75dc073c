package dev.graft.examples;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The words of {@link ArchitectureTest}: modules, the public API, and what a signature shows. */
final class House {
  /** Named, not referred to: an annotation that the API must not show is none of our business. */
  static final String INTERNAL = "dev.graft.error.Internal";

  /** The table of docs/architecture.md: each module and the modules that it may use. */
  static final Map<String, Set<String>> MAY_USE = new LinkedHashMap<>();

  static {
    MAY_USE.put("model", Set.of());
    MAY_USE.put("importer", Set.of("model"));
    MAY_USE.put("surgeon", Set.of("model"));
    MAY_USE.put("runtime", Set.of("model"));
    MAY_USE.put("autodiff", Set.of("model", "runtime"));
    MAY_USE.put("data", Set.of("model", "runtime"));
    MAY_USE.put("trainer", Set.of("model", "autodiff", "runtime", "data"));
    MAY_USE.put("exporter", Set.of("model", "runtime"));
    MAY_USE.put("testkit", Set.of("model", "runtime"));
  }

  /** Entry types that users write live here, beside much that is internal. */
  private static final Set<String> API_MODULES =
      Set.of("graft", "model", "surgeon", "data", "trainer");

  /** What a Model shows of the graph under it. */
  private static final Set<String> GRAPH_VALUES = Set.of("Graph", "Shape", "TensorRef");

  private House() {}

  /** The module that a class of Graft belongs to, or "" for a class of somebody else. */
  static String module(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName();
    if (name.equals("dev.graft")) {
      return "graft";
    }
    if (!name.startsWith("dev.graft.")) {
      return "";
    }
    String module = name.split("\\.")[2];
    return module.equals("graph") ? "model" : module;
  }

  static DescribedPredicate<JavaClass> ofModule(String module) {
    return DescribedPredicate.describe("of module " + module, type -> module(type).equals(module));
  }

  /** Whether the class, or one that it is nested in, is marked as internal. */
  static boolean isInternal(JavaClass type) {
    return type.getBaseComponentType().isAnnotatedWith(INTERNAL)
        || type.getBaseComponentType().getEnclosingClass().map(House::isInternal).orElse(false);
  }

  /** Visible to an application: public, in a public place, not marked as internal. */
  static boolean isApi(JavaClass type) {
    return API_MODULES.contains(module(type))
        && (!type.getPackageName().equals("dev.graft.graph")
            || GRAPH_VALUES.contains(type.getSimpleName()))
        && isOpen(type)
        && !isInternal(type);
  }

  private static boolean isOpen(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(House::isOpen).orElse(true);
  }

  static final DescribedPredicate<JavaClass> API =
      DescribedPredicate.describe("of the public API", House::isApi);

  /** Only modules in {@code allowed}, the class's own, and whatever is not Graft's. */
  static ArchCondition<JavaClass> useOnly(String own, Set<String> allowed) {
    return new ArchCondition<>("use only " + new TreeSet<>(allowed)) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          String target = module(dependency.getTargetClass());
          if (!target.isEmpty() && !target.equals(own) && !allowed.contains(target)) {
            events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
          }
        }
      }
    };
  }

  /** Nothing of another module but its public API. */
  static ArchCondition<JavaClass> useOnlyThePublicApi() {
    return new ArchCondition<>("use only the public API") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          boolean foreign = !module(target).isEmpty() && !module(target).equals(module(type));
          if (foreign && !isApi(target)) {
            events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
          }
        }
      }
    };
  }

  /** No supertype, field, parameter, result or exception that is marked as internal. */
  static ArchCondition<JavaClass> showNothingInternal() {
    return new ArchCondition<>("show nothing internal in their signatures") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream())
            .forEach(shown -> report(type, type.getName() + " extends", shown, events));
        for (JavaField field : type.getFields()) {
          if (isShown(field)) {
            report(type, field.getFullName() + " is", field.getType(), events);
          }
        }
        for (JavaCodeUnit unit : type.getCodeUnits()) {
          if (isShown(unit)) {
            report(type, unit.getFullName() + " returns", unit.getReturnType(), events);
            unit.getParameterTypes()
                .forEach(shown -> report(type, unit.getFullName() + " takes", shown, events));
            unit.getExceptionTypes()
                .forEach(shown -> report(type, unit.getFullName() + " throws", shown, events));
          }
        }
      }
    };
  }

  private static void report(JavaClass owner, String how, JavaType shown, ConditionEvents events) {
    for (JavaClass raw : shown.getAllInvolvedRawTypes()) {
      if (!module(raw).isEmpty() && isInternal(raw)) {
        events.add(SimpleConditionEvent.violated(owner, how + " " + raw.getName() + ", internal"));
      }
    }
  }

  private static boolean isShown(JavaMember member) {
    Set<JavaModifier> modifiers = member.getModifiers();
    return (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED))
        && !modifiers.contains(JavaModifier.SYNTHETIC)
        && !member.isAnnotatedWith(INTERNAL);
  }

  /** Marked as internal when public at all. */
  static ArchCondition<JavaClass> beMarkedInternalWhenPublic() {
    return new ArchCondition<>("be package-private or marked @Internal") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (isOpen(type) && !isInternal(type)) {
          events.add(SimpleConditionEvent.violated(type, type.getName() + " is public, unmarked"));
        }
      }
    };
  }

  /** Packages that hold classes without a package-info marked as NullMarked. */
  static List<String> packagesWithoutNullMarked(Iterable<JavaClass> classes) {
    Set<String> all = new TreeSet<>();
    Set<String> marked = new TreeSet<>();
    for (JavaClass type : classes) {
      all.add(type.getPackageName());
      if (type.getSimpleName().equals("package-info")
          && type.isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
        marked.add(type.getPackageName());
      }
    }
    return all.stream().filter(name -> !marked.contains(name)).toList();
  }
}
