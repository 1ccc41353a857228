import ArgumentParser
import ControlAPI

/// `jedictl metrics`: counters and gauges for a monitoring system.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print counters and gauges in Prometheus' text form.",
        discussion: """
            For the textfile collector of Prometheus' node exporter: \
            jedictl metrics > /var/lib/prometheus/node-exporter/jedid.prom.new && \
            mv /var/lib/prometheus/node-exporter/jedid.prom.new /var/lib/prometheus/node-exporter/jedid.prom
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.metrics() }
        try connection.show(report) { _ in report.text }
    }
}
