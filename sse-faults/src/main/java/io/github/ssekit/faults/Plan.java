package io.github.ssekit.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;

/** An endless sequence of faults, the same for the same seed: each once before any comes again. */
final class Plan implements Iterator<Step> {
  private static final int LEAST_MILLIS = 200;

  private final Random random;
  private final List<Fault> faults;
  private final int longestMillis;
  private final List<Fault> deck = new ArrayList<>();

  Plan(long seed, List<Fault> faults, int longestMillis) {
    this.random = new Random(seed);
    this.faults = List.copyOf(faults);
    this.longestMillis = longestMillis;
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public Step next() {
    if (deck.isEmpty()) {
      deck.addAll(faults);
      Collections.shuffle(deck, random);
    }
    Fault fault = deck.remove(deck.size() - 1);
    int millis = LEAST_MILLIS + random.nextInt(longestMillis - LEAST_MILLIS);
    return new Step(fault, random.nextInt(1 << 20), random.nextBoolean(), millis);
  }
}
