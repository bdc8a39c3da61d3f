/** Servers of other libraries on Spring Boot, as their users write them. */
package io.github.ssekit.bench.boot;
