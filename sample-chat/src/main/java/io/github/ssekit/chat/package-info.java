/** The sample: a chat over an event stream. {@link io.github.ssekit.chat.Chat} starts it. */
@NullMarked
package io.github.ssekit.chat;

import org.jspecify.annotations.NullMarked;
