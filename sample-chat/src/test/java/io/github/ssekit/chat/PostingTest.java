package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostingTest {
  @Test
  void theAddressesOfAnIpv6NetworkAreOneClient() {
    String network = Posting.network("2001:db8:0:1::1");
    assertEquals(network, Posting.network("2001:DB8:0:1:ffff:0:0:2"));
    // As Jetty gives it.
    assertEquals(network, Posting.network("[2001:db8:0:1::3]"));
    assertNotEquals(network, Posting.network("2001:db8:0:2::1"));
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
