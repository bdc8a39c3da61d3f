/**
 * Helpers for tests of applications. They depend on no assertion framework: a failed assertion
 * throws an {@link AssertionError}, whose message has everything that was published or received.
 *
 * <dl>
 *   <dt>what did my service publish?
 *   <dd>{@link RecordingPublisher}
 *   <dt>what does a client of my server get?
 *   <dd>{@link SseTestClient}, over HTTP
 *   <dt>what does my controller write, under Spring's MockMvc?
 *   <dd>{@link TestStream#of}
 *   <dt>what does a client get at which time, without a server?
 *   <dd>{@code ManualHub} and {@code RecordingTransport} of {@code io.github.ssekit.hub}: a hub
 *       without threads, with a clock that the test moves
 *   <dt>a Redis
 *   <dd>{@link RedisExtension}, for JUnit
 * </dl>
 *
 * <p>Null is legal only where {@code @Nullable} says so. Elsewhere the call throws a {@link
 * NullPointerException} that names the argument.
 */
@NullMarked
package io.github.ssekit.testing;

import org.jspecify.annotations.NullMarked;
