package io.github.ssekit.spring;

import java.util.Collection;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Channels by name, or by prefix and a star. Immutable. */
final class ChannelNames implements Predicate<String> {
  private final Set<String> names;
  private final String[] prefixes;

  ChannelNames(Collection<String> patterns) {
    names = patterns.stream().filter(p -> !p.endsWith("*")).collect(Collectors.toUnmodifiableSet());
    prefixes =
        patterns.stream()
            .filter(p -> p.endsWith("*"))
            .map(p -> p.substring(0, p.length() - 1))
            .toArray(String[]::new);
  }

  @Override
  public boolean test(String channel) {
    if (names.contains(channel)) {
      return true;
    }
    for (String prefix : prefixes) {
      if (channel.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
