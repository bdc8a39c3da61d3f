package io.github.ssekit.servlet;

import jakarta.servlet.Filter;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Modifier;
import java.util.stream.Collectors;

/**
 * The filters that the current request has passed, for error messages. The Servlet API doesn't list
 * them, but they are on the thread's stack.
 */
final class CurrentFilters {
  private static final StackWalker STACK =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private CurrentFilters() {}

  /** The class names of the filters, nearest first, separated by commas; or "none". */
  static String names() {
    String names =
        STACK.walk(
            frames ->
                frames
                    .<Class<?>>map(StackFrame::getDeclaringClass)
                    .filter(c -> Filter.class.isAssignableFrom(c))
                    // The stack shows an abstract base class's doFilter beside its subclass's.
                    .filter(c -> !Modifier.isAbstract(c.getModifiers()))
                    .map(Class::getName)
                    .distinct()
                    .collect(Collectors.joining(", ")));
    return names.isEmpty() ? "none" : names;
  }
}
