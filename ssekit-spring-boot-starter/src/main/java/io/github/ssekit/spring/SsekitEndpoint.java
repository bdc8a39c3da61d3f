package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * The endpoint {@code /actuator/ssekit}: the hub's snapshot, of up to 100 connections and channels,
 * without owners, attachments and ids.
 */
@Endpoint(id = "ssekit")
final class SsekitEndpoint {
  private static final int LIMIT = 100;

  private final Hub hub;

  SsekitEndpoint(Hub hub) {
    this.hub = hub;
  }

  /** The snapshot. Waits for the delivery loops, one second at most. */
  @ReadOperation
  Map<String, Object> snapshot() {
    HubSnapshot snapshot = hub.snapshot(LIMIT);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("at", snapshot.at().toString());
    answer.put("complete", snapshot.complete());
    answer.put("draining", hub.isDraining());
    answer.put("connectionCount", snapshot.connectionCount());
    answer.put("channelCount", snapshot.channelCount());
    answer.put("replayBytes", snapshot.replayBytes());
    answer.put("replaysWaiting", snapshot.replaysWaiting());
    answer.put("connections", snapshot.connections().stream().map(this::connection).toList());
    answer.put("channels", snapshot.channels().stream().map(this::channel).toList());
    return answer;
  }

  private Map<String, Object> connection(HubSnapshot.ConnectionSnapshot each) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("since", each.since().toString());
    answer.put("channels", List.copyOf(each.channels()));
    answer.put("behind", each.behind());
    answer.put("blocked", each.blocked());
    answer.put("resuming", each.resuming());
    answer.put("events", each.events());
    answer.put("bytes", each.bytes());
    return answer;
  }

  private Map<String, Object> channel(HubSnapshot.ChannelSnapshot each) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", each.name());
    answer.put("hasHistory", each.hasHistory());
    answer.put("subscribers", each.subscribers());
    answer.put("events", each.events());
    answer.put("bytes", each.bytes());
    return answer;
  }
}
