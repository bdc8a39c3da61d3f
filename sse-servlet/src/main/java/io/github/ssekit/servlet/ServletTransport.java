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
 * The way of bytes to one client over an async servlet's response.
 *
 * <p>The hub's state machine is authoritative; what the container calls only feeds it. Containers
 * differ in what they call when a client goes: Jetty the write listener, Tomcat both listeners,
 * Undertow neither. So each failing write ends the transport too.
 *
 * <p>Once ended, the container may give request and response to another client. So every use of the
 * output is under {@link #guard}, and a container's call that ends the transport waits, before it
 * returns, for a use that is under way. It waits for a bounded time, since containers call with
 * locks of their own held; {@code complete} is called without the guard for the same reason.
 */
class ServletTransport implements Transport, WriteListener, AsyncListener {
  private static final System.Logger LOG = System.getLogger(ServletTransport.class.getName());

  /** Whether Undertow's classes can be seen from here, whatever the container is. */
  private static final boolean UNDERTOW = undertow();

  private final ReentrantLock guard = new ReentrantLock();

  // The starting thread's; null from then on, so that nothing keeps a response alive.
  private @Nullable HttpServletRequest request;
  private @Nullable HttpServletResponse response;

  /** Whether the hub has closed it, perhaps while it was starting. Guarded. */
  private boolean closed;

  // Guarded; null once ended. Volatile too, since the end does not wait for the guard for ever.
  private volatile @Nullable ServletOutputStream out;

  /** Whoever completes the response takes it. Guarded by this. */
  private @Nullable AsyncContext context;

  /** Whether somebody is about to complete. Guarded by this. */
  private boolean completing;

  /** Whether the container may hold bytes that no flush has followed. Guarded. */
  private boolean unflushed;

  /** What to log if the output, one of a filter, never calls; null else. */
  private volatile @Nullable String deaf;

  /** Set before the container knows of this transport. */
  private @Nullable Signals signals;

  /** The transport for the container that this runs in. */
  static ServletTransport of(HttpServletRequest request, HttpServletResponse response) {
    ServletTransport undertow = UNDERTOW ? UndertowTransport.of(request, response) : null;
    if (undertow != null) {
      return undertow;
    }
    ServletResponse innermost = response;
    while (innermost instanceof ServletResponseWrapper wrapper) {
      innermost = wrapper.getResponse();
    }
    String container = innermost.getClass().getName();
    if (container.startsWith("org.eclipse.jetty.")) {
      return new JettyTransport(request, response);
    }
    return container.startsWith("org.apache.catalina.")
        ? new TomcatTransport(request, response)
        : new ServletTransport(request, response);
  }

  private static boolean undertow() {
    try {
      Class.forName("io.undertow.servlet.handlers.ServletRequestContext");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  ServletTransport(HttpServletRequest request, HttpServletResponse response) {
    this.request = request;
    this.response = response;
  }

  @Override
  public void start(Signals signals, byte[] first) throws IOException {
    this.signals = signals;
    HttpServletRequest asked = Objects.requireNonNull(request);
    HttpServletResponse answer = Objects.requireNonNull(response);
    request = null;
    response = null;
    ServletOutputStream stream = commit(answer, first);
    if (!startAsync(asked, answer, stream)) {
      return;
    }
    // Last: from here on the container calls.
    try {
      stream.setWriteListener(this);
    } catch (UnsupportedOperationException e) {
      throw new IllegalStateException(unfit(answer, stream, "has no write listener"), e);
    }
  }

  /**
   * Sends the head and the first bytes, while writing may still wait for the client. Whoever does
   * something to the response afterwards then finds it committed; and if they don't come out, no
   * event would.
   */
  private ServletOutputStream commit(HttpServletResponse response, byte[] first)
      throws IOException {
    ServletOutputStream stream = Head.output(response);
    String encoding = response.getHeader("Content-Encoding");
    if (encoding != null) {
      throw new IllegalStateException(
          unfit(response, stream, "has the Content-Encoding " + encoding));
    }
    Head.eventStream(response);
    prepare(response);
    begin(stream, first);
    if (response instanceof ServletResponseWrapper) {
      // Without a wrapper it is the container's own way: Quarkus commits later than at a flush.
      if (!response.isCommitted()) {
        response.resetBuffer();
        throw new IllegalStateException(
            unfit(response, stream, "keeps what is written, a flush does not send it"));
      }
      deaf = unfit(response, stream, "has not called its write listener");
    }
    return stream;
  }

  /** Returns false if the hub has closed the transport meanwhile: then the response just ends. */
  private boolean startAsync(
      HttpServletRequest request, HttpServletResponse response, ServletOutputStream stream) {
    guard.lock();
    try {
      if (closed) {
        return false;
      }
      AsyncContext started = request.startAsync(request, response);
      synchronized (this) {
        context = started;
      }
      started.setTimeout(0);
      started.addListener(this);
      out = stream;
      return true;
    } finally {
      guard.unlock();
    }
  }

  private static String unfit(
      HttpServletResponse response, ServletOutputStream stream, String why) {
    return "The response's output, a "
        + stream.getClass().getName()
        + " of a "
        + response.getClass().getName()
        + ", "
        + why
        + ": exclude event streams from the filter that wraps the response, one of "
        + CurrentFilters.names();
  }

  @Override
  public boolean isReady() throws IOException {
    boolean well = false;
    guard.lock();
    try {
      boolean ready = isReady(open());
      well = true;
      return ready;
    } finally {
      guard.unlock();
      if (!well) {
        failed();
      }
    }
  }

  private boolean isReady(ServletOutputStream stream) throws IOException {
    if (!stream.isReady()) {
      return false;
    }
    if (unflushed) {
      unflushed = false;
      stream.flush();
      return stream.isReady();
    }
    byte[] held = end();
    if (held == null) {
      return true;
    }
    unflushed = !send(stream, held, 0, held.length);
    return stream.isReady();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    boolean well = false;
    guard.lock();
    try {
      unflushed = !send(open(), bytes, offset, length);
      well = true;
    } finally {
      guard.unlock();
      if (!well) {
        failed();
      }
    }
  }

  private ServletOutputStream open() throws IOException {
    ServletOutputStream stream = out;
    if (stream == null) {
      throw new IOException("The container has ended the response");
    }
    return stream;
  }

  @Override
  public void close() {
    guard.lock();
    try {
      closed = true;
      if (out != null && deaf != null) {
        LOG.log(WARNING, deaf);
      }
      out = null;
    } finally {
      guard.unlock();
    }
    completeOnce();
  }

  /** Completes the response, unless that is done or under way. Returns whether it did. */
  private boolean completeOnce() {
    AsyncContext ended;
    synchronized (this) {
      ended = context;
      if (ended == null) {
        return false;
      }
      context = null;
      completing = true;
    }
    try {
      complete(ended);
    } finally {
      synchronized (this) {
        completing = false;
        notifyAll();
      }
    }
    return true;
  }

  // What containers differ in.

  /** Called before anything is written, on the request's thread. */
  void prepare(HttpServletResponse response) {}

  /** Sends the first bytes, and the head before them; may wait for the client. */
  void begin(ServletOutputStream stream, byte[] first) throws IOException {
    stream.write(first);
    stream.flush();
  }

  /** What must follow the last write for the client to see its end; null if nothing must. */
  byte @Nullable [] end() {
    return null;
  }

  /**
   * Writes, and has the container send it. Called when the stream is ready.
   *
   * @return false if a flush is still due, for which the stream was not ready
   */
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    stream.write(bytes, offset, length);
    // A flush is a write of its own, so it needs a yes of its own. After a no, the container calls.
    if (!stream.isReady()) {
      return false;
    }
    stream.flush();
    return true;
  }

  /** A use of the stream has failed; called on the thread that used it, without the guard. */
  void failed() {}

  /** Ends the response, whether the client is still there or not. Called without the guard. */
  void complete(AsyncContext ended) {
    ended.complete();
  }

  @Override
  public void onWritePossible() {
    deaf = null;
    signals().writable();
  }

  /** The write listener's. The response is still to be completed. */
  @Override
  public void onError(Throwable cause) {
    end(cause, false);
  }

  /** The async listener's. */
  @Override
  public void onError(AsyncEvent event) {
    Throwable cause = event.getThrowable();
    end(cause == null ? new IOException("The container reports an error") : cause, false);
    completeBeforeTheContainer();
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    end(new IOException("The container's async timeout has passed"), false);
    completeBeforeTheContainer();
  }

  @Override
  public void onComplete(AsyncEvent event) {
    end(new IOException("The container has completed the response"), true);
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Nobody restarts async processing of an event stream.
  }

  /**
   * A container completes by itself what no listener has completed when the last one returns; if
   * the hub did so between its look and its own call, Tomcat would log an error.
   */
  private void completeBeforeTheContainer() {
    if (!completeQuietly()) {
      awaitCompletion(1000);
    }
  }

  /** As {@link #completeOnce}; what the container throws is no news. */
  final boolean completeQuietly() {
    try {
      return completeOnce();
    } catch (RuntimeException e) {
      LOG.log(DEBUG, "Completing a response failed: {0}", e.toString());
      return true;
    }
  }

  /** Waits until the response is completed, for some time at most. */
  final synchronized void awaitCompletion(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    try {
      for (long left = millis;
          (completing || context != null) && left > 0;
          left = (end - System.nanoTime()) / 1_000_000) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(Throwable cause, boolean completed) {
    boolean locked = false;
    try {
      locked = guard.tryLock(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      out = null;
      if (completed) {
        synchronized (this) {
          context = null;
        }
      }
    } finally {
      if (locked) {
        guard.unlock();
      }
    }
    signals().failed(cause);
  }

  final Signals signals() {
    return Objects.requireNonNull(signals, "start comes before the container's calls");
  }
}
