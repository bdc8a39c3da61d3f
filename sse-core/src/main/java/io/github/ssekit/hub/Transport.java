package io.github.ssekit.hub;

import java.io.IOException;

/**
 * Carries bytes to one client: the part of a container's response that a hub needs. {@link
 * RecordingTransport} is one for tests; that of a servlet container is made by {@code
 * EventStreams.open}.
 *
 * <p>The hub uses a transport on one thread at a time, and no method may block, except {@link
 * #start}. While that runs, {@link #close} may come on another thread: the stream is then not
 * opened, or ended. Any exception that a transport throws means that the client has left.
 */
public interface Transport {
  /**
   * Sends the first bytes of the stream to the client, and from then on calls the signals. Called
   * once, before the other methods, on the thread that calls {@link Hub#connect}, which passes an
   * unchecked exception on to its caller.
   *
   * @param first whole lines, to send before all others; shared as those of {@link #write} are
   * @throws IOException if the client has left: {@link Hub#connect} then returns a closed
   *     connection
   */
  void start(Signals signals, byte[] first) throws IOException;

  /**
   * Whether a write is accepted now. If not, the transport calls {@link Signals#writable} once it
   * is. This first sends bytes of an earlier write that the transport still holds.
   *
   * @throws IOException if the client has left
   */
  boolean isReady() throws IOException;

  /**
   * Sends bytes to the client at once, without waiting for more of them. Called once after each
   * {@link #isReady} that returned true, and never otherwise.
   *
   * @param bytes shared with other transports: the transport must not modify them, and may keep
   *     them, since nobody does
   * @throws IOException if the client has left
   */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Ends the response and drops every reference to it. Called once, as the last method, on any
   * thread; also after a failure, and without a {@link #start} if the hub could not open the
   * connection. If {@link #isReady} returned false last, the response may be cut off.
   */
  void close();

  /** A transport's calls to its connection. It may make them on any thread, any number of times. */
  interface Signals {
    /** The hub should call {@link Transport#isReady} again. */
    void writable();

    /**
     * Waits, for at most one second, until the connection has acted on an earlier {@link
     * #writable}: it has written its waiting bytes, or found that the client has left. Must not be
     * called on a thread of the hub, nor under a lock that the transport's methods take.
     */
    void awaitWrite();

    /** The client has left. */
    void failed(Throwable cause);
  }
}
