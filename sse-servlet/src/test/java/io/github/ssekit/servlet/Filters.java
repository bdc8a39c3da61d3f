package io.github.ssekit.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Filters of the kinds that stand before event streams in applications. */
final class Filters {
  static final List<Server.Filtered> ALL =
      List.of(
          new Server.Filtered("/open/blocking", new PassingFilter(), false),
          new Server.Filtered("/open/gzip", new GzipFilter(), true),
          new Server.Filtered("/open/deaf", new DeafFilter(), true),
          new Server.Filtered("/open/careful", new CarefulFilter(), true),
          new Server.Filtered("/open/caching", new CachingFilter(), true),
          new Server.Filtered("/open/latin", new LatinFilter(), true));

  private Filters() {}

  /** Does nothing, but is not declared to support async. */
  static final class PassingFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      chain.doFilter(request, response);
    }
  }

  /** Compresses, as filters from before async servlets do. */
  static final class GzipFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      HttpServletResponse http = (HttpServletResponse) response;
      http.setHeader("Content-Encoding", "gzip");
      GZIPOutputStream gzip = new GZIPOutputStream(new ByteArrayOutputStream());
      chain.doFilter(request, new Wrapper(http, new DeafStream(gzip)));
    }
  }

  /** Passes bytes on, and knows nothing of write listeners. */
  static final class DeafFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      HttpServletResponse http = (HttpServletResponse) response;
      chain.doFilter(request, new Wrapper(http, new DeafStream(http.getOutputStream())));
    }
  }

  /**
   * Keeps written bytes until the flush, and passes on the rest, as Spring Security's filters do.
   */
  static final class CarefulFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      HttpServletResponse http = (HttpServletResponse) response;
      chain.doFilter(
          request,
          new Wrapper(
              http, new CarefulStream(http.getOutputStream(), new ByteArrayOutputStream())));
    }
  }

  /** Keeps the body until the handler has returned, like filters that log it or compute an ETag. */
  static final class CachingFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      CachingWrapper wrapper = new CachingWrapper((HttpServletResponse) response);
      chain.doFilter(request, wrapper);
      response.getOutputStream().write(wrapper.kept.toByteArray());
    }
  }

  /** Sets a character encoding, before the handler and after it. */
  static final class LatinFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      response.setCharacterEncoding("ISO-8859-1");
      response.setContentType("text/html;charset=ISO-8859-1");
      response.setLocale(Locale.GERMANY);
      chain.doFilter(request, response);
      response.setCharacterEncoding("ISO-8859-1");
      response.setContentType("text/html;charset=ISO-8859-1");
    }
  }

  static final class CachingWrapper extends HttpServletResponseWrapper {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    CachingWrapper(HttpServletResponse response) {
      super(response);
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
      ServletOutputStream out = super.getOutputStream();
      return new CarefulStream(out, kept) {
        @Override
        public void flush() {
          // Sends nothing before the body is complete.
        }
      };
    }

    @Override
    public void flushBuffer() {
      // As in flush().
    }

    @Override
    public void resetBuffer() {
      super.resetBuffer();
      kept.reset();
    }
  }

  static final class Wrapper extends HttpServletResponseWrapper {
    private final ServletOutputStream stream;

    Wrapper(HttpServletResponse response, ServletOutputStream stream) {
      super(response);
      this.stream = stream;
    }

    @Override
    public ServletOutputStream getOutputStream() {
      return stream;
    }
  }

  static final class DeafStream extends ServletOutputStream {
    private final OutputStream out;

    DeafStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      // Many filters ignore it.
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }

  private static class CarefulStream extends ServletOutputStream {
    private final ServletOutputStream out;
    private final ByteArrayOutputStream kept;
    private boolean async;

    CarefulStream(ServletOutputStream out, ByteArrayOutputStream kept) {
      this.out = out;
      this.kept = kept;
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      async = true;
      out.setWriteListener(listener);
    }

    @Override
    public void write(int b) {
      kept.write(b);
    }

    @Override
    public void flush() throws IOException {
      if (kept.size() > 0) {
        byte[] bytes = kept.toByteArray();
        kept.reset();
        out.write(bytes);
      }
      // Undertow's stream has no answer to isReady() before it has a write listener.
      if (!async || out.isReady()) {
        out.flush();
      }
    }
  }
}
