package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Defaults;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What makes something of the public types refuses a null by its name, where it comes in; it is not
 * found out later, in a place that says nothing.
 */
class NullArgumentsTest {

  @Test
  void makersNameWhatIsNull() {
    assertThat(
            api()
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> isStatic(unit) || isConstructor(unit))
                .flatMap(NullArgumentsTest::takingObjects)
                .filter(maker -> !refusesNull(maker, null))
                .map(Executable::toString))
        .isEmpty();
  }

  /** Of those types that are there for the asking, such as {@code Settings.defaults()}. */
  @Test
  void whatChangesThemNamesWhatIsNull() {
    List<Object> usual = api().flatMap(NullArgumentsTest::usual).toList();
    assertThat(usual).as("there are such").hasSizeGreaterThan(10);
    Map<String, Object> byType = new HashMap<>();
    usual.forEach(each -> byType.put(each.getClass().getName(), each));
    assertThat(
            api()
                .filter(type -> type.isTopLevelClass() && byType.containsKey(type.getName()))
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> !isStatic(method) && !method.getName().equals("equals"))
                .flatMap(NullArgumentsTest::takingObjects)
                .filter(
                    method ->
                        !refusesNull(method, byType.get(method.getDeclaringClass().getName())))
                .map(Executable::toString))
        .isEmpty();
  }

  private static Stream<JavaClass> api() {
    return House.GRAFT.stream()
        .filter(House::isApi)
        .filter(type -> !House.BINDINGS.contains(House.module(type)));
  }

  /** What a type gives to whoever says nothing, but for what would have to be closed. */
  private static Stream<Object> usual(JavaClass type) {
    return type.getMethods().stream()
        .filter(method -> !type.isAssignableTo(AutoCloseable.class))
        .filter(House::isShown)
        .filter(method -> isStatic(method) && method.getParameters().isEmpty())
        .filter(method -> method.getRawReturnType().equals(type))
        .map(JavaMethod::reflect)
        .map(NullArgumentsTest::made);
  }

  private static Object made(Method maker) {
    try {
      return maker.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(maker.toString(), e);
    }
  }

  private static Stream<Executable> takingObjects(JavaCodeUnit unit) {
    return Stream.of(unit)
        .filter(House::isShown)
        .map(JavaCodeUnit::reflect)
        .map(Executable.class::cast)
        .filter(each -> !each.getDeclaringClass().isEnum())
        .filter(NullArgumentsTest::takesObjects);
  }

  private static boolean isStatic(JavaCodeUnit unit) {
    return unit instanceof JavaMethod && unit.getModifiers().contains(JavaModifier.STATIC);
  }

  /** Of what an application makes itself: most records are results, and nobody throws for Graft. */
  private static boolean isConstructor(JavaCodeUnit unit) {
    JavaClass type = unit.getOwner();
    return unit instanceof JavaConstructor
        && !type.getModifiers().contains(JavaModifier.ABSTRACT)
        && !type.isRecord()
        && !type.getName().endsWith("Exception");
  }

  private static boolean takesObjects(Executable maker) {
    return Arrays.stream(maker.getAnnotatedParameterTypes())
        .filter(parameter -> !isPrimitive(parameter))
        .anyMatch(parameter -> !parameter.isAnnotationPresent(Nullable.class));
  }

  private static boolean isPrimitive(AnnotatedType parameter) {
    return parameter.getType() instanceof Class<?> type && type.isPrimitive();
  }

  /** Whether nulls throughout, and zeros, are refused by a name and not by the JVM. */
  private static boolean refusesNull(Executable maker, @Nullable Object of) {
    Object[] nothing =
        Arrays.stream(maker.getParameterTypes()).map(Defaults::defaultValue).toArray();
    try {
      if (maker instanceof Method method) {
        method.invoke(of, nothing);
      } else {
        ((Constructor<?>) maker).newInstance(nothing);
      }
      return false;
    } catch (InvocationTargetException e) {
      return e.getCause() instanceof NullPointerException refused
          && String.valueOf(refused.getMessage()).matches("(?!null)[a-z]\\w*");
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(maker.toString(), e);
    }
  }
}
