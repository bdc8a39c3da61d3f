package io.github.ssekit.bench;

import java.util.Locale;
import java.util.Map;

/** The chart, as SVG: bars for each server in the workloads that say most. */
final class Chart {
  private static final int WIDTH = 760;
  private static final int BAR = 20;
  private static final int LEFT = 130;
  private static final int LONGEST = 520;

  private final StringBuilder body = new StringBuilder();
  private int y = 10;

  private Chart() {}

  static String of(String machine, Map<Workload, Map<Server, Result>> workloads) {
    Chart chart = new Chart();
    workloads.forEach(
        (workload, results) -> {
          switch (workload.name()) {
            case "flood" ->
                chart.bars(
                    "Flood, 1,000 clients: deliveries a second", results, "deliveriesPerSecond", 1);
            case "one-at-a-time" ->
                chart.bars("One at a time: server CPU µs a delivery", results, "cpuMicros", 1);
            case "idle" ->
                chart.bars("10,000 idle clients: heap KB a client", results, "heapPerClient", 1024);
            case "mass-exit" ->
                chart.bars("p99 ms in the second after 1,000 others vanished", results, "p99", 1);
            default -> {}
          }
        });
    chart.text(10, chart.y + 16, 11, machine);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">%n"
            .formatted(WIDTH, chart.y + 30)
        + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        + chart.body
        + "</svg>\n";
  }

  private void bars(String title, Map<Server, Result> results, String figure, double unit) {
    text(10, y + 18, 15, title);
    y += 30;
    double most = results.values().stream().mapToDouble(r -> r.get(figure)).max().orElse(1);
    results.forEach(
        (server, result) -> {
          double value = result.get(figure);
          if (!Double.isFinite(value)) {
            return;
          }
          String colour = server.ours() ? "#1565c0" : "#90a4ae";
          text(10, y + 14, 12, server.label());
          body.append(
              String.format(
                  Locale.ROOT,
                  "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                  LEFT,
                  y,
                  Math.max(1, value / most * LONGEST),
                  BAR - 4,
                  colour));
          text(
              LEFT + 6 + (int) (value / most * LONGEST),
              y + 14,
              12,
              String.format(Locale.ROOT, value / unit < 100 ? "%.1f" : "%,.0f", value / unit));
          y += BAR;
        });
    y += 12;
  }

  private void text(int x, int baseline, int size, String text) {
    body.append(
        "<text x=\"%d\" y=\"%d\" font-size=\"%d\">%s</text>%n"
            .formatted(x, baseline, size, text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
