package io.github.ssekit.servlet;

import jakarta.servlet.Filter;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Modifier;
import java.util.stream.Collectors;

/**
 * The filters that the current request has come through, for messages. The Servlet API has no
 * question for them, but they are on the thread's stack.
 */
final class CurrentFilters {
  private static final StackWalker STACK =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private CurrentFilters() {}

  /** Their classes, the nearest first; or that there are none. */
  static String names() {
    String names =
        STACK.walk(
            frames ->
                frames
                    .<Class<?>>map(StackFrame::getDeclaringClass)
                    .filter(c -> Filter.class.isAssignableFrom(c))
                    // A base class with doFilter stands beside the class that extends it.
                    .filter(c -> !Modifier.isAbstract(c.getModifiers()))
                    .map(Class::getName)
                    .distinct()
                    .collect(Collectors.joining(", ")));
    return names.isEmpty() ? "none" : names;
  }
}
