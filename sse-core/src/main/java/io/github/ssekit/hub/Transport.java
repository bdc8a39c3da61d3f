package io.github.ssekit.hub;

import java.io.IOException;

/**
 * The way of bytes to one client: what a hub needs of a container's response, and no more.
 *
 * <p>A transport is used by one thread at a time and never blocks. Any exception that it throws
 * means that the client is gone.
 */
public interface Transport {
  /**
   * Begins: sends the first bytes of the stream to the client, and from then on reports to the
   * signals. Called once, first, on the thread that calls {@link Hub#connect}, which throws any
   * unchecked exception on.
   *
   * @param first whole lines, sent before anything else; to be handled as those of {@link #write}
   * @throws IOException if the client is gone: its connection is closed, and nobody else is told
   */
  void start(Signals signals, byte[] first) throws IOException;

  /**
   * Whether a write is accepted now. If not, {@link Signals#writable} follows once it is. Bytes of
   * an earlier write that the transport still holds are sent on first.
   *
   * @throws IOException if the client is gone
   */
  boolean isReady() throws IOException;

  /**
   * Sends bytes to the client at once, without waiting for more of them. Called only after {@link
   * #isReady} said true, once for each such answer.
   *
   * @param bytes shared with other transports: not to be modified, and never modified later
   * @throws IOException if the client is gone
   */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Ends the response and drops every reference to it. Called once, last, on any thread, after a
   * failure too; without a start, if the hub could not open the connection. If the last answer of
   * {@link #isReady} was false, the response is cut off.
   */
  void close();

  /** What a transport tells its connection, from any thread, as often as it likes. */
  interface Signals {
    /** {@link Transport#isReady} is worth a call again. */
    void writable();

    /**
     * Waits until the connection has used what {@link #writable} said before: has written what it
     * had to write then, or found that the client is gone; for one second at most. Not on a thread
     * of the hub, nor under a lock that the transport's methods take.
     */
    void awaitWrite();

    /** The client is gone. */
    void failed(Throwable cause);
  }
}
