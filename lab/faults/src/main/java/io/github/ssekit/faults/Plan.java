package io.github.ssekit.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * An endless sequence of faults, the same for the same seed: each fault comes once before any comes
 * again. In a long plan, faults that have long durations come once with each of these.
 */
final class Plan implements Iterator<Step> {
  private static final int LEAST_MILLIS = 200;
  private static final int MOST_MILLIS = 3000;

  /** A card of the deck: a fault, and its duration; null for a random duration. */
  private record Card(Fault fault, @Nullable Integer seconds) {}

  private final Random random;
  private final List<Card> cards = new ArrayList<>();
  private final List<Card> deck = new ArrayList<>();

  Plan(long seed, List<Fault> faults, boolean longTimes) {
    this.random = new Random(seed);
    for (Fault fault : faults) {
      if (longTimes && !fault.longSeconds().isEmpty()) {
        fault.longSeconds().forEach(seconds -> cards.add(new Card(fault, seconds)));
      } else {
        cards.add(new Card(fault, null));
      }
    }
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public Step next() {
    if (deck.isEmpty()) {
      deck.addAll(cards);
      Collections.shuffle(deck, random);
    }
    Card card = deck.remove(deck.size() - 1);
    int drawn = LEAST_MILLIS + random.nextInt(MOST_MILLIS - LEAST_MILLIS);
    int millis = card.seconds() == null ? drawn : card.seconds() * 1000;
    return new Step(card.fault(), random.nextInt(1 << 20), random.nextBoolean(), millis);
  }
}
