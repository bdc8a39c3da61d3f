package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {
  /** The bounds of every range of bytes that the decoder tells apart. */
  private static final byte[] CLASSES =
      HexFormat.of().parseHex("41808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5ff");

  /** U+FFFD is written "?" here. The first four rows are of the Unicode Standard, chapter 3. */
  @ParameterizedTest
  @CsvSource({
    "c0afe080bff0818241, ????????A",
    "eda080edbfbfedaf41, ????????A",
    "f4919293ff4180bf42, ?????A??B",
    "e180e2f09192f1bf41, ????A",
    "4180, A?",
    "c2, ?",
    "c241, ?A",
    "e282, ?",
    "e28241, ?A",
    "f09f98, ?",
    "f09f9841, ?A",
    "eda0, ??",
    "ed9fbf, \uD7FF",
    "edb080, ???",
    "f48fbfbf, \uDBFF\uDFFF",
    "f4908080, ????",
    "fe80, ??",
    "efbfbd41, ?A",
    "efbbbf41, \uFEFFA",
    "f09f9880, \uD83D\uDE00",
  })
  void illFormedIsReplacedByMaximalSubparts(String hex, String expected) {
    byte[] bytes = HexFormat.of().parseHex(hex);

    assertEquals(expected.replace('?', '\uFFFD'), Utf8.decode(bytes, 0, bytes.length));
  }

  @Test
  void everySequenceOfUpToFourBytesIsAsTheStandardsDecoderHasIt() {
    for (int length = 1; length <= 4; length++) {
      byte[] bytes = new byte[length];
      int sequences = (int) Math.pow(CLASSES.length, length);
      for (int n = 0; n < sequences; n++) {
        for (int i = 0, rest = n; i < length; i++, rest /= CLASSES.length) {
          bytes[i] = CLASSES[rest % CLASSES.length];
        }
        if (!decodedByTheStandard(bytes).equals(Utf8.decode(bytes, 0, length))) {
          assertEquals(
              decodedByTheStandard(bytes),
              Utf8.decode(bytes, 0, length),
              () -> HexFormat.of().formatHex(bytes));
        }
      }
    }
  }

  @Test
  void onlyTheRangeIsDecoded() {
    byte[] bytes = HexFormat.of().parseHex("e2eda08041bf");

    assertEquals("\uFFFD\uFFFD\uFFFDA", Utf8.decode(bytes, 1, 5));
    assertEquals("", Utf8.decode(bytes, 3, 3));
  }

  /** Encoding Standard 8.1.1, UTF-8 decoder, step by step. */
  private static String decodedByTheStandard(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    int codePoint = 0;
    int seen = 0;
    int needed = 0;
    int lower = 0x80;
    int upper = 0xBF;
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xFF;
      if (needed == 0) {
        if (b <= 0x7F) {
          out.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
          needed = 1;
          codePoint = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
          lower = b == 0xE0 ? 0xA0 : lower;
          upper = b == 0xED ? 0x9F : upper;
          needed = 2;
          codePoint = b & 0xF;
        } else if (b >= 0xF0 && b <= 0xF4) {
          lower = b == 0xF0 ? 0x90 : lower;
          upper = b == 0xF4 ? 0x8F : upper;
          needed = 3;
          codePoint = b & 0x7;
        } else {
          out.append('\uFFFD');
        }
        continue;
      }
      boolean continues = b >= lower && b <= upper;
      lower = 0x80;
      upper = 0xBF;
      if (!continues) {
        needed = 0;
        seen = 0;
        out.append('\uFFFD');
        i--; // "Restore byte to ioQueue."
        continue;
      }
      codePoint = codePoint << 6 | (b & 0x3F);
      seen++;
      if (seen == needed) {
        out.appendCodePoint(codePoint);
        needed = 0;
        seen = 0;
      }
    }
    return needed == 0 ? out.toString() : out.append('\uFFFD').toString();
  }
}
