/** Event streams: their values, their bytes, and the hub that sends them to many clients. */
@NullMarked
package io.github.ssekit.core;

import org.jspecify.annotations.NullMarked;
