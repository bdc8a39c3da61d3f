package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/**
 * The frame of a test that passes null to each argument that may not be null, one row each: the
 * caller must get a {@link NullPointerException} that names the argument.
 */
public abstract class NullsTable {
  private int row;

  /** Creates a table without rows. */
  protected NullsTable() {}

  /** Returns a null that the compiler accepts for any type. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  protected static <T> T none() {
    return null;
  }

  /** Returns an argument whose methods throw an {@link AssertionError}: null checks come first. */
  protected static <T> T untouched(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> {
              throw new AssertionError(method + " is called");
            }));
  }

  /**
   * A row of the table.
   *
   * @param name of the argument that is null in the call
   */
  protected final DynamicTest named(String name, Executable call) {
    return DynamicTest.dynamicTest(
        ++row + " " + name,
        () -> assertEquals(name, assertThrows(NullPointerException.class, call).getMessage()));
  }
}
