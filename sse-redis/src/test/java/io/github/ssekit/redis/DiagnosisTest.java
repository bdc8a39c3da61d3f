package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
  @Test
  void theWordsOfRedisComeFirst() {
    assertEquals(
        "OOM command not allowed when used memory > 'maxmemory'.",
        Diagnosis.of(
            new RedisFailure.Disconnected(
                new RedisFailure.Refused(
                    "OOM command not allowed when used memory > 'maxmemory'. script:"
                        + " 08be99c76f7a10d96dc9ea23ee73a858e02d5ce8, on @user_script:1."))));
    assertEquals(
        "unknown host: no.host", Diagnosis.of(new Exception(new UnknownHostException("no.host"))));
    assertEquals(
        "no answer in time", Diagnosis.of(new Exception(new SocketTimeoutException("Read"))));
  }

  @Test
  void argumentsThatAServerRepeatsAreLeftOut() {
    String said = "ERR unknown command 'AUTH', with args beginning with: 'node' 's3cret' ";
    assertEquals("ERR unknown command 'AUTH'", Diagnosis.of(new RedisFailure.Refused(said)));
  }

  @Test
  void whatOthersWroteCanNotLookLikeALine() {
    assertEquals("a\\u000ab\\u001b[31m", Diagnosis.clean("a\nb\u001b[31m"));
    assertEquals("x".repeat(500) + "...", Diagnosis.clean("x".repeat(501)));
  }

  @Test
  void onlyWhatIsSaidBeforehandProvesThatNothingIsStored() {
    for (String said :
        new String[] {
          "OOM command not allowed",
          "NOPERM this user",
          "ERR The user executing the script can't run this command or subcommand",
          "MISCONF Redis is configured",
          "NOREPLICAS Not enough",
          // Redis 6.2: from a script that lets the error through, and from scripts that return it.
          "ERR Error running script (call to f_08be99c76f7a10d96dc9ea23ee73a858e02d5ce8):"
              + " @user_script:117: @user_script: 117: -OOM command not allowed",
          "@user_script: 117: -READONLY You can't write against a read only replica.",
          "@user_script: 448: The user executing the script can't run this command or subcommand"
        }) {
      assertTrue(Diagnosis.isNothingStored(new RedisFailure.Refused(said)), said);
    }
    assertFalse(Diagnosis.isNothingStored(new RedisFailure.Refused("WRONGTYPE Operation against")));
    assertFalse(Diagnosis.isNothingStored(new RedisFailure.Disconnected("OOM")));
  }
}
