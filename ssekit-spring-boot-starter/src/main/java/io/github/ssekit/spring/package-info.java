/**
 * Auto-configuration of SSE Kit for Spring Boot 3.5 and 4.0: a hub, a bridge over the application's
 * Redis, controllers that return the options of a stream, meters, health, and a shutdown that loses
 * no client. Hub, bridge, publishers, codec, meters, health and endpoint back off if the
 * application has its own; properties turn off the others.
 */
@NullMarked
package io.github.ssekit.spring;

import org.jspecify.annotations.NullMarked;
