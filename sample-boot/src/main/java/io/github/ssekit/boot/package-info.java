/** The smallest Spring Boot application with event streams: a board that all readers see change. */
@NullMarked
package io.github.ssekit.boot;

import org.jspecify.annotations.NullMarked;
