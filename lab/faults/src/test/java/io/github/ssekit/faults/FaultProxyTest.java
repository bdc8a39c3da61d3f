package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
  private static final int SOON = 200;

  private ServerSocket target;
  private FaultProxy proxy;
  private Socket near;
  private Socket far;

  @BeforeEach
  void connect() throws IOException {
    target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    target.setSoTimeout(5000);
    proxy = FaultProxy.to(target.getLocalPort());
    near = open();
    far = target.accept();
    far.setSoTimeout(5000);
    exchange();
  }

  @AfterEach
  void close() throws IOException {
    near.close();
    far.close();
    proxy.close();
    target.close();
  }

  @Test
  void bytesPassBothWays() throws IOException {
    exchange();
  }

  @Test
  void aResetReachesBothSides() {
    proxy.resetAll();
    assertThrows(SocketException.class, () -> near.getInputStream().read());
    assertThrows(SocketException.class, () -> far.getInputStream().read());
  }

  @Test
  void aCutLetsHalfPass() throws IOException {
    proxy.cutAll(true);
    far.getOutputStream().write(new byte[] {1, 2, 3, 4});
    assertArrayEquals(new byte[] {1, 2}, near.getInputStream().readNBytes(2));
    assertThrows(SocketException.class, () -> near.getInputStream().read());
  }

  @Test
  void aCutMayLookLikeAnEnd() throws IOException {
    proxy.cutAll(false);
    far.getOutputStream().write(new byte[] {1, 2, 3, 4});
    assertArrayEquals(new byte[] {1, 2}, near.getInputStream().readAllBytes());
  }

  @Test
  void whatIsPausedComesLater() throws IOException {
    proxy.set(FaultProxy.Mode.PAUSE);
    far.getOutputStream().write(7);
    near.setSoTimeout(SOON);
    assertThrows(SocketTimeoutException.class, () -> near.getInputStream().read());
    proxy.restore();
    near.setSoTimeout(5000);
    assertEquals(7, near.getInputStream().read());
  }

  @Test
  void whatIsSwallowedNeverComesAndTheConnectionEndsAfterwards() throws IOException {
    proxy.set(FaultProxy.Mode.SWALLOW);
    far.getOutputStream().write(7);
    near.setSoTimeout(SOON);
    assertThrows(SocketTimeoutException.class, () -> near.getInputStream().read());
    proxy.restore();
    near.setSoTimeout(5000);
    assertThrows(SocketException.class, () -> near.getInputStream().read());
  }

  @Test
  void aConnectionThatLostBytesEndsAlthoughAnotherFaultCameAfter() throws IOException {
    proxy.set(FaultProxy.Mode.SWALLOW);
    far.getOutputStream().write(7);
    near.setSoTimeout(SOON);
    assertThrows(SocketTimeoutException.class, () -> near.getInputStream().read());
    proxy.set(FaultProxy.Mode.PAUSE);
    proxy.restore();
    near.setSoTimeout(5000);
    assertThrows(SocketException.class, () -> near.getInputStream().read());
  }

  @Test
  void aConnectionMadeWhileSwallowingLeadsNowhere() throws IOException {
    proxy.set(FaultProxy.Mode.SWALLOW);
    try (Socket other = open()) {
      other.setSoTimeout(SOON);
      other.getOutputStream().write(1);
      assertThrows(SocketTimeoutException.class, () -> other.getInputStream().read());
      target.setSoTimeout(SOON);
      assertThrows(SocketTimeoutException.class, () -> target.accept());
    }
  }

  @Test
  void whatSubscribesIsLateAndNothingElse() throws IOException {
    proxy.set(FaultProxy.Mode.LATE_SUBSCRIBE);
    exchange();
    long start = System.nanoTime();
    near.getOutputStream().write("SUBSCRIBE".getBytes(US_ASCII));
    far.setSoTimeout(5000);
    assertEquals("SUBSCRIBE", new String(far.getInputStream().readNBytes(9), US_ASCII));
    assertTrue(System.nanoTime() - start >= 200_000_000L);
  }

  @Test
  void aRefusedConnectionIsReset() throws IOException {
    proxy.set(FaultProxy.Mode.REFUSE);
    assertThrows(
        SocketException.class,
        () -> {
          try (Socket other = open()) {
            other.getInputStream().read();
          }
        });
  }

  private Socket open() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(5000);
    return socket;
  }

  private void exchange() throws IOException {
    near.getOutputStream().write(1);
    assertEquals(1, far.getInputStream().read());
    far.getOutputStream().write(2);
    assertEquals(2, near.getInputStream().read());
  }
}
