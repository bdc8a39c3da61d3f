package io.github.ssekit.bench;

/**
 * A histogram of nanoseconds, exact to 1/32: each power of two is divided in 32. Not thread-safe.
 */
final class Latencies {
  private static final int SUB_BITS = 5;
  private static final int SUB = 1 << SUB_BITS;

  private final long[] counts = new long[(64 - SUB_BITS) * SUB];
  private long total;
  private long max;

  void add(long nanos) {
    long value = Math.max(nanos, 0);
    counts[index(value)]++;
    total++;
    max = Math.max(max, value);
  }

  /** The quantile in milliseconds at a share of 0 to 1; NaN without any value. */
  double millis(double share) {
    long rank = (long) Math.ceil(share * total);
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank && counts[i] > 0) {
        return Math.min(upper(i), max) / 1e6;
      }
    }
    return Double.NaN;
  }

  double maxMillis() {
    return max / 1e6;
  }

  private static int index(long value) {
    if (value < SUB) {
      return (int) value;
    }
    int shift = 63 - Long.numberOfLeadingZeros(value) - SUB_BITS;
    return shift * SUB + (int) (value >> shift);
  }

  private static long upper(int index) {
    if (index < 2 * SUB) {
      return index;
    }
    int shift = index / SUB - 1;
    return ((long) (index % SUB + SUB + 1) << shift) - 1;
  }
}
