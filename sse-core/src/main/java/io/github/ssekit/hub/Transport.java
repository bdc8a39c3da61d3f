package io.github.ssekit.hub;

import java.io.IOException;

/**
 * Carries bytes to one client: the part of a container's response that a hub needs. {@link
 * RecordingTransport} is a transport for tests; {@code EventStreams.open} makes the transport of a
 * servlet container.
 *
 * <p>The hub uses a transport on one thread at a time, and no method may block, except {@link
 * #start}. While {@link #start} runs, another thread may call {@link #close}: the transport then
 * doesn't open the stream, or ends it. Any exception that a transport throws means that the client
 * has left.
 */
public interface Transport {
  /**
   * Sends the first bytes of the stream to the client, and from then on calls the signals. Called
   * once, before the other methods, on the thread that calls {@link Hub#connect}, which passes an
   * unchecked exception on to its caller.
   *
   * @param first whole lines, to send before all other bytes; shared like the bytes of {@link
   *     #write}
   * @throws IOException if the client has left: {@link Hub#connect} then returns a closed
   *     connection
   */
  void start(Signals signals, byte[] first) throws IOException;

  /**
   * Whether the transport accepts a write now. If not, it calls {@link Signals#writable} once it
   * does. This method first sends bytes of an earlier write that the transport still holds.
   *
   * @throws IOException if the client has left
   */
  boolean isReady() throws IOException;

  /**
   * Sends bytes to the client at once, without waiting for more of them. Called at most once after
   * each {@link #isReady} that returned true, and never otherwise.
   *
   * @param bytes shared with other transports: the transport must not modify them, and may keep
   *     them, since no other code modifies them
   * @throws IOException if the client has left
   */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Whether bytes that the client does not take at once are copied. The hub counts missed events
   * that several clients share once for each transport that copies them, see {@link
   * HubBuilder#maxReplayBytes}. Called at any time, on any thread, and must not block. Default:
   * true, as in most containers.
   */
  default boolean copies() {
    return true;
  }

  /**
   * Ends the response and drops every reference to it. Called once, as the last method, on any
   * thread; also after a failure, and without a {@link #start} if the hub could not open the
   * connection. If {@link #isReady} returned false last, the response may be cut off.
   */
  void close();

  /** A transport's calls to its connection, on any thread, any number of times. */
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
