package io.github.ssekit.servlet;

import io.undertow.Undertow;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.http.HttpServlet;
import java.net.InetSocketAddress;

class UndertowIT extends ContainerIT {
  @Override
  Running start(HttpServlet events, HttpServlet opener, HttpServlet notAsync) throws Exception {
    DeploymentInfo info =
        Servlets.deployment()
            .setClassLoader(UndertowIT.class.getClassLoader())
            .setContextPath("/")
            .setDeploymentName("test")
            .addServlet(servlet("/events", events).setAsyncSupported(true))
            .addServlet(servlet("/open", opener).setAsyncSupported(true))
            .addServlet(servlet("/not-async", notAsync));
    DeploymentManager manager = Servlets.defaultContainer().addDeployment(info);
    manager.deploy();
    Undertow undertow =
        Undertow.builder().addHttpListener(0, "localhost").setHandler(manager.start()).build();
    undertow.start();
    InetSocketAddress address = (InetSocketAddress) undertow.getListenerInfo().get(0).getAddress();
    return new Running(address.getPort(), undertow::stop);
  }

  private static ServletInfo servlet(String path, HttpServlet servlet) {
    return new ServletInfo(path, servlet.getClass(), new ImmediateInstanceFactory<>(servlet))
        .addMapping(path);
  }
}
