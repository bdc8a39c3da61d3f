package io.github.ssekit.servlet;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.hub.Transport;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Carries bytes to one client over an async servlet's response.
 *
 * <p>The hub's state machine decides; the container's calls only feed it. Containers differ in the
 * listeners that they call when a client leaves: Jetty calls the write listener, Tomcat both
 * listeners, Undertow neither. So each failed write ends the transport too.
 *
 * <p>Once the transport has ended, the container may reuse request and response for another client.
 * So every use of the output is under {@link #guard}, and a container's call that ends the
 * transport waits, before it returns, for a use in progress. The wait is bounded, since containers
 * hold locks of their own while they call. For the same reason {@link #complete} is called without
 * the guard.
 */
class ServletTransport implements Transport, WriteListener, AsyncListener {
  private static final System.Logger LOG = System.getLogger(ServletTransport.class.getName());

  private final ReentrantLock guard = new ReentrantLock();
  private final AsyncCompletion completion = new AsyncCompletion();

  // Read only in start(), on the request's thread. Null afterwards: a transport keeps no response
  // alive.
  private @Nullable HttpServletRequest request;
  private @Nullable HttpServletResponse response;

  /** Set once by start(), before the container knows of this transport. */
  private @Nullable Signals signals;

  // Under the guard: used by the hub's loop, and by any thread that closes or fails the transport.

  /** Whether the hub has closed the transport, perhaps during start(). */
  private boolean closed;

  /** Whether the container may hold bytes that no flush has followed. */
  private boolean unflushed;

  /**
   * The output; null before the start and after the end. Volatile, since a container's call clears
   * it even if the guard did not become free in time.
   */
  private volatile @Nullable ServletOutputStream out;

  /**
   * A warning to log at close if the output is a filter's and never calls its write listener; null
   * from the first call on. Written by the request's thread, then by the container's.
   */
  private volatile @Nullable String silentFilterWarning;

  ServletTransport(HttpServletRequest request, HttpServletResponse response) {
    this.request = request;
    this.response = response;
  }

  @Override
  public void start(Signals signals, byte[] first) throws IOException {
    this.signals = signals;
    HttpServletRequest starting = Objects.requireNonNull(request);
    HttpServletResponse answer = Objects.requireNonNull(response);
    request = null;
    response = null;
    ServletOutputStream stream = commit(answer, first);
    if (!startAsync(starting, answer, stream)) {
      return;
    }
    // Last: from here on the container calls.
    try {
      stream.setWriteListener(this);
    } catch (UnsupportedOperationException e) {
      if (isMock(answer)) {
        silentFilterWarning = null;
        signals.writable();
        return;
      }
      throw new IllegalStateException(filterProblem(answer, stream, "has no write listener"), e);
    }
  }

  /**
   * Sends the head and the first bytes, while a write may still wait for the client. Changes that a
   * filter makes later find the response committed. Throws if a filter holds these bytes back,
   * since the filter would hold back every event.
   */
  private ServletOutputStream commit(HttpServletResponse response, byte[] first)
      throws IOException {
    ServletOutputStream stream = Head.output(response);
    String encoding = response.getHeader("Content-Encoding");
    if (encoding != null) {
      throw new IllegalStateException(
          filterProblem(response, stream, "has the Content-Encoding " + encoding));
    }
    Head.eventStream(response);
    prepare(response, stream);
    sendFirst(stream, first);
    // A response without a wrapper is the container's own, and Quarkus commits its own later than a
    // flush.
    if (response instanceof ServletResponseWrapper) {
      if (!response.isCommitted()) {
        response.resetBuffer();
        // A filter may send the kept bytes before the container hears of the exception.
        response.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        throw new IllegalStateException(
            filterProblem(response, stream, "keeps what is written, a flush does not send it"));
      }
      silentFilterWarning = filterProblem(response, stream, "has not called its write listener");
    }
    return stream;
  }

  /** Returns false if the hub has closed the transport meanwhile: the response then just ends. */
  private boolean startAsync(
      HttpServletRequest request, HttpServletResponse response, ServletOutputStream stream) {
    guard.lock();
    try {
      if (closed) {
        return false;
      }
      AsyncContext started = request.startAsync(request, response);
      completion.started(started);
      started.setTimeout(0);
      started.addListener(this);
      out = stream;
      return true;
    } finally {
      guard.unlock();
    }
  }

  /**
   * Whether this is Spring's mock, of a test without a container. It has no write listener, and
   * needs none: it takes every byte at once.
   */
  private static boolean isMock(ServletResponse response) {
    return innermost(response).getClass().getName().startsWith("org.springframework.mock.web.");
  }

  /** The container's own response, inside the wrappers of filters. */
  static ServletResponse innermost(ServletResponse response) {
    ServletResponse innermost = response;
    while (innermost instanceof ServletResponseWrapper wrapper) {
      innermost = wrapper.getResponse();
    }
    return innermost;
  }

  private static String filterProblem(
      HttpServletResponse response, ServletOutputStream stream, String problem) {
    return "The response's output, a "
        + stream.getClass().getName()
        + " of a "
        + response.getClass().getName()
        + ", "
        + problem
        + ": exclude event streams from the filter that wraps the response, one of "
        + CurrentFilters.names();
  }

  @Override
  public boolean isReady() throws IOException {
    boolean succeeded = false;
    guard.lock();
    try {
      boolean ready = flushAndAsk(openOutput());
      succeeded = true;
      return ready;
    } finally {
      guard.unlock();
      if (!succeeded) {
        outputFailed();
      }
    }
  }

  /**
   * Flushes an earlier write, or sends due bytes, and asks whether the stream is ready for more.
   */
  private boolean flushAndAsk(ServletOutputStream stream) throws IOException {
    if (!isReady(stream)) {
      return false;
    }
    if (unflushed) {
      unflushed = false;
      stream.flush();
      return isReady(stream);
    }
    byte[] due = dueBytes();
    if (due == null) {
      return true;
    }
    unflushed = !send(stream, due, 0, due.length);
    return isReady(stream);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    boolean succeeded = false;
    guard.lock();
    try {
      unflushed = !send(openOutput(), bytes, offset, length);
      succeeded = true;
    } finally {
      guard.unlock();
      if (!succeeded) {
        outputFailed();
      }
    }
  }

  private ServletOutputStream openOutput() throws IOException {
    assert guard.isHeldByCurrentThread();
    ServletOutputStream stream = out;
    if (stream == null) {
      throw new IOException("The container has ended the response");
    }
    return stream;
  }

  @Override
  public void close() {
    String warning;
    guard.lock();
    try {
      closed = true;
      warning = out == null ? null : silentFilterWarning;
      out = null;
    } finally {
      guard.unlock();
    }
    completeOnce();
    if (warning != null) {
      LOG.log(WARNING, warning);
    }
  }

  /**
   * Completes the response unless another caller does. Returns whether this call completed it. Our
   * own calls don't hold the guard. A container may hold it: when it reports an error from inside a
   * write.
   */
  private boolean completeOnce() {
    return completion.complete(this::complete);
  }

  // Steps that differ between containers. The guard is held unless a comment says otherwise.

  /** Called on the request's thread, before anything is written; without the guard. */
  void prepare(HttpServletResponse response, ServletOutputStream stream) {}

  /** Sends the head and the first bytes; may block on the client. Called without the guard. */
  void sendFirst(ServletOutputStream stream, byte[] first) throws IOException {
    stream.write(first);
    stream.flush();
  }

  /** Whether a write is accepted now. After a no, {@link Signals#writable} is called. */
  boolean isReady(ServletOutputStream stream) throws IOException {
    return stream.isReady();
  }

  /** Bytes to send now, without a write of the hub's; null if there are none. */
  byte @Nullable [] dueBytes() {
    return null;
  }

  /**
   * Writes to the stream, and makes the container send the bytes. Called when the stream is ready.
   *
   * @return false if a flush is still due, for which the stream was not ready
   */
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    stream.write(bytes, offset, length);
    // A flush counts as a write, so ask before it too. After a no, the container calls.
    if (!stream.isReady()) {
      return false;
    }
    stream.flush();
    return true;
  }

  /** A use of the output has failed. Called on the thread that used it, without the guard. */
  void outputFailed() {}

  /** Ends the response, whether or not the client is still there. Called without the guard. */
  void complete(AsyncContext ended) {
    ended.complete();
  }

  // The container's calls.

  @Override
  public void onWritePossible() {
    silentFilterWarning = null;
    signals().writable();
  }

  /** The write listener's error. The response still has to be completed. */
  @Override
  public void onError(Throwable cause) {
    end(cause);
  }

  /** The async listener's error. */
  @Override
  public void onError(AsyncEvent event) {
    Throwable cause = event.getThrowable();
    end(cause == null ? new IOException("The container reports an error") : cause);
    completeBeforeTheContainer();
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    end(new IOException("The container's async timeout has passed"));
    completeBeforeTheContainer();
  }

  @Override
  public void onComplete(AsyncEvent event) {
    clearOutput();
    completion.completedByContainer();
    signals().failed(new IOException("The container has completed the response"));
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Nobody restarts async processing of an event stream.
  }

  /**
   * Completes the response before this listener returns, or waits for the hub's call that does.
   * After the last listener has returned, a container completes a response that is still open. If
   * the hub's call came between the container's check and the container's completion, Tomcat would
   * log an error.
   */
  private void completeBeforeTheContainer() {
    if (!completeQuietly()) {
      completion.await(1000);
    }
  }

  /** As {@link #completeOnce}, but an exception of the container's is logged at DEBUG. */
  final boolean completeQuietly() {
    try {
      return completeOnce();
    } catch (RuntimeException e) {
      LOG.log(DEBUG, "Completing a response failed: {0}", e.toString());
      return true;
    }
  }

  /** Waits until the response is completed, or until the time is over. */
  final void awaitCompletion(long millis) {
    completion.await(millis);
  }

  private void end(Throwable cause) {
    clearOutput();
    signals().failed(cause);
  }

  /** Ends the use of the output: waits up to one second for a use in progress, then clears it. */
  private void clearOutput() {
    boolean locked = false;
    try {
      locked = guard.tryLock(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    out = null;
    if (locked) {
      guard.unlock();
    }
  }

  final Signals signals() {
    return Objects.requireNonNull(signals, "start comes before the container's calls");
  }
}
