package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostingTest {
  @Test
  void theAddressesOfAnIpv6NetworkAreOneClient() {
    String network = Posting.network("2001:db8:0:1::1");
    assertEquals(network, Posting.network("2001:DB8:0:1:ffff:0:0:2"));
    // Jetty's notation.
    assertEquals(network, Posting.network("[2001:db8:0:1::3]"));
    assertNotEquals(network, Posting.network("2001:db8:0:2::1"));
  }

  @Test
  void aBodyThatDripsInIsGivenUp() throws Exception {
    InputStream drips =
        new InputStream() {
          @Override
          public int read() {
            LockSupport.parkNanos(1_000_000);
            return 'a';
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            bytes[offset] = (byte) read();
            return 1;
          }
        };
    assertNull(Posting.body(drips, Duration.ofMillis(50)));
    byte[] whole = new byte[5_000];
    byte[] read = Posting.body(new ByteArrayInputStream(whole), Duration.ofMinutes(1));
    assertArrayEquals(whole, read);
    byte[] large = new byte[1 << 20];
    byte[] cut = Posting.body(new ByteArrayInputStream(large), Duration.ofMinutes(1));
    assertEquals((16 << 10) + 1, cut.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.1",
        "192.0.2.1:4711",
        "fe80::1%eth0",
        "::ffff:192.0.2.1",
        "a:b:",
        "host:1",
        ""
      })
  void othersAreTakenAsTheyAre(String address) {
    assertEquals(address, Posting.network(address));
  }
}
