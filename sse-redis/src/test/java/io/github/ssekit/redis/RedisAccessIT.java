package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.Programs;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Connections to a Redis that asks for a login or for TLS. */
class RedisAccessIT extends RedisTest {
  private static final String PASSWORD = "changeit";

  /** The embedded Redis has no TLS. */
  private static final String TLS_REDIS = "redis-server";

  private static final Duration SOON = Duration.ofSeconds(30);

  private final Hub hub = keep(Hub.create());

  @Test
  void aPasswordAloneLetsIn() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder, "--requirepass", "s3cret")) {
      URI uri = URI.create("redis://:s3cret@127.0.0.1:" + redis.port());
      roundTrip(RedisBridge.builder(hub, uri));
    }
  }

  @Test
  void aUserWithLeastPrivilegesAndADatabaseLetsIn() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder)) {
      try (Jedis admin = new Jedis("127.0.0.1", redis.port())) {
        admin.aclSetUser(
            "chat-node",
            "on",
            ">s3cret",
            "resetchannels",
            "&chat",
            "&{sse}:db3:control",
            "+subscribe",
            "+unsubscribe",
            "+publish",
            "+ping",
            "+select",
            "+client|setname");
      }
      URI uri = URI.create("redis://chat-node:s3cret@127.0.0.1:" + redis.port() + "/3");
      roundTrip(RedisBridge.builder(hub, uri));
    }
  }

  @Test
  void aNodeNeedsTheseRightsAndNoMore() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder);
        Jedis admin = new Jedis("127.0.0.1", redis.port())) {
      String[] rights = LeastRights.ofNode();
      admin.aclSetUser("sse", rights);
      admin.configResetStat();
      // A node uses PING only with a Redis that refuses scripts.
      LeastRights.exercise(
          URI.create("redis://sse:password@127.0.0.1:" + redis.port() + "/3"),
          () -> assertEquals(Set.of("ping"), LeastRights.unused(rights, List.of(admin))));
      assertEquals(List.of(), admin.aclLog());
    }
  }

  @Test
  void aRightThatIsTakenAwayRefusesAPublishWithNothingStored() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder);
        Jedis admin = new Jedis("127.0.0.1", redis.port())) {
      admin.aclSetUser("sse", LeastRights.ofNode());
      URI uri = URI.create("redis://sse:password@127.0.0.1:" + redis.port());
      try (hub;
          RedisBridge bridge =
              RedisBridge.builder(hub, uri)
                  .history(channel -> channel.startsWith("room:"))
                  .connect()) {
        String id = bridge.publish("room:1", SseEvent.of("kept"), "token").toString();
        admin.aclSetUser("sse", "-evalsha");
        SseEvent refused = SseEvent.of("refused");
        PublishException e =
            assertThrows(PublishException.class, () -> bridge.publish("room:1", refused));
        assertFalse(e.mayBeStored(), "" + e.getCause());
        admin.aclSetUser("sse", "+evalsha");
        hub.connect(receiver, List.of("room:1"), "1-0");
        await().atMost(SOON).until(() -> receiver.resets().size() == 1);
        assertEquals(id, bridge.publish("room:1", SseEvent.of("kept"), "token").toString());
      }
    }
  }

  @Test
  void aPasswordThatChangesIsAskedForAgain() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder);
        Jedis admin = new Jedis("127.0.0.1", redis.port())) {
      admin.aclSetUser("node", "on", ">first", "allchannels", "+@all");
      AtomicReference<String> password = new AtomicReference<>("first");
      URI uri = URI.create("redis://127.0.0.1:" + redis.port());
      RedisBridgeBuilder builder =
          RedisBridge.builder(hub, uri).login(() -> new RedisLogin("node", password.get()));
      try (hub;
          RedisBridge bridge = builder.connect()) {
        hub.connect(receiver, List.of("chat"), null);
        password.set("second");
        // Redis closes the connections of a deleted user.
        admin.aclDelUser("node");
        admin.aclSetUser("node", "on", ">second", "allchannels", "+@all");
        await().atMost(SOON).until(() -> !receiver.resets().isEmpty());
        await()
            .atMost(SOON)
            .ignoreExceptions()
            .until(
                () -> {
                  bridge.publish("chat", SseEvent.of("hello"));
                  return receiver.published().contains("hello");
                });
      }
    }
  }

  @Test
  void aLoginThatCantBeHadLeavesNoConnection() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder);
        Jedis admin = new Jedis("127.0.0.1", redis.port())) {
      RedisConnector connector =
          new RedisConnector(
              RedisUri.parse(redis.uri()),
              Tls.DEFAULT,
              () -> {
                throw new IllegalStateException("the vault is away");
              },
              new Scope("sse", 0, channel -> false, null, null),
              Duration.ofSeconds(1),
              false);
      for (int i = 0; i < 20; i++) {
        assertThrows(RuntimeException.class, connector::connect);
      }
      await().atMost(SOON).until(() -> admin.clientList().lines().count() == 1);
    }
  }

  @Test
  void aPasswordInTheUriBesidesALoginIsRefused() {
    RedisBridgeBuilder builder =
        RedisBridge.builder(hub, URI.create("redis://:secret@localhost"))
            .login(() -> new RedisLogin("node", "second"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> builder.connect());
    assertFalse(e.getMessage().contains("secret"), e.getMessage());
  }

  @Test
  void tlsIsSpokenWithAServerThatAsksForACertificate() throws Exception {
    Programs.require(TLS_REDIS);
    Path trust = keyPair("localhost");
    Path own = folder.resolve("store.p12");
    String ca = "--tls-ca-cert-file " + folder.resolve("cert.pem") + " --tls-auth-clients yes";
    try (RedisProcess redis = startTls(ca.split(" "))) {
      URI uri = URI.create("rediss://localhost:" + redis.port());
      RedisBridgeBuilder unknown = RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD);
      assertThrows(RedisUnavailableException.class, unknown::connect);
      roundTrip(RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD).keyStore(own, PASSWORD));
    }
  }

  @Test
  void aWrongPasswordIsSaidAndNotRepeated() throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder, "--requirepass", "s3cret")) {
      URI uri = URI.create("redis://:wr0ng@127.0.0.1:" + redis.port());
      RedisUnavailableException e =
          assertThrows(RedisUnavailableException.class, () -> RedisBridge.connect(hub, uri));
      assertTrue(e.getMessage().contains("WRONGPASS"), e.getMessage());
      assertFalse(e.getMessage().contains("wr0ng"), e.getMessage());
    }
  }

  @Test
  void tlsIsSpokenWithAServerThatTheTrustStoreKnows() throws Exception {
    Programs.require(TLS_REDIS);
    Path trust = keyPair("localhost");
    try (RedisProcess redis = startTls()) {
      URI uri = URI.create("rediss://localhost:" + redis.port());
      roundTrip(RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD));
    }
  }

  @Test
  void tlsIsSpokenByAContextOfTheApplication() throws Exception {
    Programs.require(TLS_REDIS);
    keyPair("localhost");
    String ca = "--tls-ca-cert-file " + folder.resolve("cert.pem") + " --tls-auth-clients yes";
    try (RedisProcess redis = startTls(ca.split(" "))) {
      URI uri = URI.create("rediss://localhost:" + redis.port());
      roundTrip(RedisBridge.builder(hub, uri).sslContext(context()));
    }
  }

  @Test
  void tlsByAContextRefusesAServerOfAnotherName() throws Exception {
    Programs.require(TLS_REDIS);
    keyPair("elsewhere.example");
    try (RedisProcess redis = startTls()) {
      URI uri = URI.create("rediss://localhost:" + redis.port());
      RedisBridgeBuilder builder = RedisBridge.builder(hub, uri).sslContext(context());
      assertThrows(RedisUnavailableException.class, builder::connect);
    }
  }

  /** A context that trusts the certificate of the key pair, and presents it. */
  private SSLContext context() throws Exception {
    KeyStore store =
        KeyStore.getInstance(folder.resolve("store.p12").toFile(), PASSWORD.toCharArray());
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  /** A TLS check at each attempt would be one more connection to a server in trouble. */
  @Test
  void onceASubscriptionHasStoodNobodyAsksWhetherThePortSpeaksTls() throws Exception {
    List<Integer> firstBytes = new CopyOnWriteArrayList<>();
    startRedis();
    keep(RedisBridge.connect(hub, redis.uri()));
    redis.close();
    try (ServerSocket mute = new ServerSocket(redis.port())) {
      mute.setSoTimeout(20_000);
      for (int i = 0; i < 5; i++) {
        try (Socket asked = mute.accept()) {
          asked.setSoTimeout(20_000);
          firstBytes.add(asked.getInputStream().read());
        } catch (SocketException e) {
          // The other end has closed.
        }
      }
    }
    assertTrue(firstBytes.contains((int) '*'), "" + firstBytes);
    assertFalse(firstBytes.contains(0x16), "a TLS handshake begins so: " + firstBytes);
  }

  @Test
  void aPlainUriToAPortOfTlsIsToldSo() throws Exception {
    Programs.require(TLS_REDIS);
    Path unused = keyPair("localhost");
    try (RedisProcess redis = startTls()) {
      URI uri = URI.create("redis://:s3cret@localhost:" + redis.port());
      String message =
          assertThrows(RedisUnavailableException.class, () -> RedisBridge.connect(hub, uri))
              .getMessage();
      assertTrue(message.contains("this port speaks TLS: use a rediss URI"), message);
      assertFalse(message.contains("s3cret"), message);
    }
  }

  @Test
  void tlsRefusesAServerThatIsUnknownOrOfAnotherName() throws Exception {
    Programs.require(TLS_REDIS);
    Path trust = keyPair("elsewhere.example");
    try (RedisProcess redis = startTls()) {
      URI uri = URI.create("rediss://localhost:" + redis.port());
      assertThrows(RedisUnavailableException.class, () -> RedisBridge.connect(hub, uri));
      assertThrows(
          RedisUnavailableException.class,
          () -> RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD).connect());
    }
  }

  @Test
  void tlsIsSpokenWithANodeOfACluster() throws Exception {
    Programs.require(TLS_REDIS);
    Path trust = keyPair("localhost");
    int plain = Ports.free();
    int bus = Ports.free();
    String options =
        "--port %d --cluster-port %d --cluster-enabled yes --tls-cluster yes --tls-ca-cert-file %s"
            .formatted(plain, bus, folder.resolve("cert.pem"));
    try (RedisProcess redis = startTls(options.split(" "))) {
      try (Jedis admin = new Jedis("127.0.0.1", plain)) {
        admin.clusterAddSlots(IntStream.range(0, 16384).toArray());
        await().atMost(SOON).until(() -> admin.clusterInfo().contains("cluster_state:ok"));
      }
      URI uri = URI.create("rediss-cluster://localhost:" + redis.port());
      roundTrip(RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD));
    }
  }

  @Test
  void tlsIsSpokenWithASentinelAndThePrimary() throws Exception {
    Programs.require(TLS_REDIS);
    Path trust = keyPair("localhost");
    int port = Ports.free();
    try (RedisProcess redis = startTls()) {
      Path config =
          Files.writeString(
              folder.resolve("sentinel.conf"),
              """
              port 0
              tls-port %d
              tls-replication yes
              tls-cert-file %s/cert.pem
              tls-key-file %s/key.pem
              tls-ca-cert-file %s/cert.pem
              tls-auth-clients no
              sentinel monitor chat 127.0.0.1 %d 1
              """
                  .formatted(port, folder, folder, folder, redis.port()));
      ChildProcess sentinel =
          ChildProcess.start(
              List.of(Programs.path("redis-server"), config.toString(), "--sentinel"),
              folder.resolve("sentinel.log"));
      try {
        Ports.awaitListening(port, SOON);
        URI uri = URI.create("rediss-sentinel://localhost:" + port + "/chat");
        roundTrip(RedisBridge.builder(hub, uri).trustStore(trust, PASSWORD));
      } finally {
        sentinel.kill();
      }
    }
  }

  private void roundTrip(RedisBridgeBuilder builder) {
    try (RedisBridge bridge = builder.connect()) {
      hub.connect(receiver, List.of("chat"), null);
      await()
          .atMost(SOON)
          .until(
              () -> {
                // Redis drops a message that comes before the subscription.
                bridge.publish("chat", SseEvent.of("hello"));
                return receiver.published().contains("hello");
              });
    }
  }

  private RedisProcess startTls(String... options) throws Exception {
    String tls =
        "--tls-cert-file %s --tls-key-file %s --tls-auth-clients no"
            .formatted(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    return RedisProcess.startTls(
        folder, Stream.of(tls.split(" "), options).flatMap(Arrays::stream).toArray(String[]::new));
  }

  /** Makes cert.pem and key.pem for a host. Returns a trust store with the certificate. */
  private Path keyPair(String host) throws Exception {
    Path store = folder.resolve("store.p12");
    run(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "redis",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=" + host,
        "-ext",
        "san=dns:" + host + (host.equals("localhost") ? ",ip:127.0.0.1" : ""),
        "-validity",
        "2",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        PASSWORD);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Files.writeString(
        folder.resolve("key.pem"),
        pem("PRIVATE KEY", keys.getKey("redis", PASSWORD.toCharArray()).getEncoded()));
    Files.writeString(
        folder.resolve("cert.pem"), pem("CERTIFICATE", keys.getCertificate("redis").getEncoded()));
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("redis", keys.getCertificate("redis"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    trusted.store(out, PASSWORD.toCharArray());
    return Files.write(folder.resolve("trust.p12"), out.toByteArray());
  }

  private static String pem(String kind, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n";
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor() == 0, output);
    return output;
  }
}
