/** The peers on Spring Boot, as people write them. */
package io.github.ssekit.bench.boot;
