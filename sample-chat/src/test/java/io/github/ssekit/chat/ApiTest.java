package io.github.ssekit.chat;

import io.github.ssekit.harness.Signatures;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The signature list of each library; the starter has its own such test. */
class ApiTest {
  @ParameterizedTest
  @CsvSource({
    "sse-core,       io.github.ssekit.event io.github.ssekit.hub",
    "sse-redis,      io.github.ssekit.redis",
    "sse-servlet,    io.github.ssekit.servlet",
    "sse-micrometer, io.github.ssekit.micrometer",
    "sse-client,     io.github.ssekit.client",
    "sse-testing,       io.github.ssekit.testing"
  })
  void theSignatureListIsWhatUsersCompileAgainst(String module, String packages)
      throws IOException {
    Signatures.check(module, packages.split(" "));
  }
}
