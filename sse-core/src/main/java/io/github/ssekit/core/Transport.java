package io.github.ssekit.core;

import java.io.IOException;

/**
 * The way of bytes to one client: what a hub needs of a container's response, and no more.
 *
 * <p>A transport is used by one thread at a time and never blocks. Any exception that it throws
 * means that the client is gone.
 */
public interface Transport {
  /**
   * Begins: from now on the transport reports to the signals. Called once, first, on the thread
   * that calls {@link Hub#connect}.
   */
  void start(Signals signals);

  /**
   * Whether a write is accepted now. If not, {@link Signals#writable} follows once it is. Bytes of
   * an earlier write that the transport still holds are sent on first.
   */
  boolean isReady() throws IOException;

  /**
   * Sends bytes to the client at once, without waiting for more of them. Called only after {@link
   * #isReady} said true, once for each such answer.
   *
   * @param bytes shared with other transports: not to be modified, and never modified later
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

    /** The client is gone. */
    void failed(Throwable cause);
  }
}
