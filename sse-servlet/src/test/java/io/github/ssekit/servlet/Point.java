package io.github.ssekit.servlet;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The point of the matrix's report that a test checks. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Point {
  String value();
}
