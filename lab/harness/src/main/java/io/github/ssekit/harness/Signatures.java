package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The list of a library's public and protected signatures, {@code api/<module>.api}: its diff shows
 * each change of the API. {@code -Dssekit.api=write} rewrites the lists.
 */
public final class Signatures {
  private static final Pattern PACKAGE = Pattern.compile("\\b(?:[a-z]\\w*\\.)+(?=[A-Z])");

  private Signatures() {}

  /**
   * Fails if the list of a module differs from its API.
   *
   * @param packages packages of the module, which are on the class path
   */
  public static void check(String module, String... packages) throws IOException {
    String today = list(packages);
    Path file =
        Path.of(System.getProperty("ssekit.root", "..")).resolve("api").resolve(module + ".api");
    if ("write".equals(System.getProperty("ssekit.api"))) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, today);
    }
    assertEquals(
        Files.readString(file),
        today,
        file + " differs: if that is meant, run this test with -Dssekit.api=write");
  }

  private static String list(String... packages) {
    // The list needs only the names of classes outside the packages, and a class path may be large.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    JavaClasses classes =
        new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages(packages);
    return classes.stream()
        .sorted((a, b) -> a.getName().compareTo(b.getName()))
        .filter(c -> c.getModifiers().contains(JavaModifier.PUBLIC))
        .map(JavaClass::reflect)
        .filter(Signatures::isVisible)
        .map(Signatures::describe)
        .collect(Collectors.joining("\n"));
  }

  /** Whether users can name a type: the type and each type around it are public or protected. */
  private static boolean isVisible(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return isVisible(type.getModifiers())
        && !type.isAnonymousClass()
        && (outer == null || isVisible(outer));
  }

  private static boolean isVisible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static String describe(Class<?> type) {
    Stream<String> fields =
        Arrays.stream(type.getDeclaredFields())
            .filter(f -> isVisible(f.getModifiers()) && !f.isSynthetic())
            .map(Field::toGenericString);
    Stream<String> constructors = members(type.getDeclaredConstructors());
    Stream<String> methods = members(type.getDeclaredMethods());
    List<String> lines =
        Stream.of(fields, constructors, methods)
            .flatMap(group -> group.map(line -> "  " + plain(line, type) + "\n").sorted())
            .toList();
    return header(type) + String.join("", lines) + "}\n";
  }

  private static Stream<String> members(Executable[] all) {
    return Arrays.stream(all)
        .filter(m -> isVisible(m.getModifiers()) && !m.isSynthetic())
        .map(m -> m instanceof Method method ? method.toGenericString() : constructor(m));
  }

  private static String constructor(Executable executable) {
    return ((Constructor<?>) executable).toGenericString();
  }

  private static String header(Class<?> type) {
    StringBuilder line = new StringBuilder(kind(type)).append(type.getName());
    if (kind(type).endsWith("class ")
        && type.getSuperclass() != Object.class
        && Modifier.isPublic(type.getSuperclass().getModifiers())) {
      line.append(" extends ").append(PACKAGE.matcher(superclass(type)).replaceAll(""));
    }
    String interfaces =
        Arrays.stream(type.getGenericInterfaces())
            .map(i -> PACKAGE.matcher(i.getTypeName()).replaceAll(""))
            .collect(Collectors.joining(", "));
    if (!interfaces.isEmpty()) {
      line.append(type.isInterface() ? " extends " : " implements ").append(interfaces);
    }
    return line.append(" {\n").toString();
  }

  private static String kind(Class<?> type) {
    String kind = "class ";
    if (type.isInterface()) {
      kind = "interface ";
    } else if (type.isEnum() || type.isRecord()) {
      kind = type.isEnum() ? "enum " : "record ";
    } else if (Modifier.isFinal(type.getModifiers())) {
      kind = "final class ";
    }
    return type.isSealed() ? "sealed " + kind : kind;
  }

  private static String superclass(Class<?> type) {
    return type.getGenericSuperclass().getTypeName();
  }

  /**
   * Shortens a member's signature: without packages, without the declaring type as a qualifier, and
   * without a leading {@code public} or {@code public abstract}.
   */
  private static String plain(String member, Class<?> type) {
    String own = type.getName();
    return PACKAGE
        .matcher(member.replace(own + ".", "").replace(own, type.getSimpleName()))
        .replaceAll("")
        .replaceFirst("^public (abstract )?", "");
  }
}
