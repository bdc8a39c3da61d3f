/**
 * Auto-configuration of SSE Kit for Spring Boot 3.5 and 4.0: a hub, a bridge over the application's
 * Redis, controllers that return what their stream carries, meters, health, and a shutdown that
 * loses no client. Hub, bridge, publishers, codec, meters, health and endpoint step back for those
 * of the application; the others are turned off by properties.
 */
@NullMarked
package io.github.ssekit.spring;

import org.jspecify.annotations.NullMarked;
