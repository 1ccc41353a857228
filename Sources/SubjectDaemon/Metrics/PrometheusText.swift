/// Numbers in the text form that Prometheus reads (version 0.0.4 of it). Pure.
struct PrometheusText: Sendable {
    /// A value and what tells it from the others of its name.
    struct Sample: Sendable {
        var labels: [(name: String, value: String)]
        var value: Double

        init(_ value: Double, _ labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    /// The text so far.
    private(set) var text = ""

    /// Something that goes up and down.
    mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) {
        add(name, help, "gauge", samples)
    }

    /// Something that only grows while the daemon runs.
    mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) {
        add(name, help, "counter", samples)
    }

    /// How values are spread.
    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        head(name, help, "histogram")
        var sum = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            sum += count
            line(name + "_bucket", Sample(Double(sum), [("le", Self.number(bound))]))
        }
        line(name + "_bucket", Sample(Double(histogram.count), [("le", "+Inf")]))
        line(name + "_sum", Sample(histogram.sum))
        line(name + "_count", Sample(Double(histogram.count)))
    }

    private mutating func add(_ name: String, _ help: String, _ type: String, _ samples: [Sample]) {
        // A name without a value would say that it is unknown, which is what its absence says.
        guard !samples.isEmpty else { return }
        head(name, help, type)
        for sample in samples { line(name, sample) }
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    private mutating func line(_ name: String, _ sample: Sample) {
        let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
        text += name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
        text += " \(Self.number(sample.value))\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\n", "\r\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
