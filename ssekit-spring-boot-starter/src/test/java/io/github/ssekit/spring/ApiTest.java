package io.github.ssekit.spring;

import io.github.ssekit.harness.Signatures;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The signature list of the starter. */
class ApiTest {
  @Test
  void theSignatureListIsWhatUsersCompileAgainst() throws IOException {
    Signatures.check("ssekit-spring-boot-starter", "io.github.ssekit.spring");
  }
}
