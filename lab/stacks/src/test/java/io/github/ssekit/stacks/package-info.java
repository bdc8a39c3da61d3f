/** Event streams in the frameworks of docs/other-stacks.md. */
package io.github.ssekit.stacks;
