import ControlAPI
import JointDiffusion
import Logging
import Tensors

/// A setting of the configuration file: its name, what it accepts, how it is shown.
struct ConfigurationKey: Sendable {
    /// Its name; within a table with a dot, as `retention.age`.
    let name: String
    /// Takes in a value.
    let read: @Sendable (WrittenValue, inout DaemonSettings) throws(WritingMistake) -> Void
    /// The value as the file would say it; nil where nobody has set it and it has no default of its own.
    let text: @Sendable (DaemonSettings) -> String?
    /// What holds while nobody has set it, in words.
    let otherwise: String

    init(
        _ name: String, otherwise: String = "none",
        read: @escaping @Sendable (WrittenValue, inout DaemonSettings) throws(WritingMistake) -> Void,
        text: @escaping @Sendable (DaemonSettings) -> String?
    ) {
        self.name = name
        self.otherwise = otherwise
        self.read = read
        self.text = text
    }

    /// Those that hold until the end, whatever a reload says.
    static let fixed = [folder("root", \.root), folder("state", \.state), folder("socket", \.socket)]

    /// Those that ``EngineSettings`` are made of.
    static let ofEngine: [ConfigurationKey] = [
        folder("model", \.model),
        choice("precision", \.precision, PrecisionChoice.allCases.map { ($0.rawValue, $0) }),
        threads, folder("vae", \.autoencoder), folder("preview_vae", \.previewDecoder), adapters, embeddings,
        bytes("reference_cache", otherwise: "none", \.keysValuesBytes),
        bytes("packed_weights", otherwise: "none", \.packedWeightsBytes),
    ]

    /// All of them, in the order of the documented example. The defaults of prompts are not among them.
    static let all: [ConfigurationKey] =
        fixed + ofEngine + [
            choice(
                "log", \.logLevel,
                [("debug", .debug), ("info", .info), ("warning", .warning), ("error", .error)]),
            duration("settle", \.rules.settleTime, .milliseconds(50), .seconds(3600)),
            duration("incomplete", \.rules.incompleteTime, .milliseconds(50), .seconds(86_400)),
            duration("reconcile", \.rules.reconcileInterval, .seconds(1), .seconds(86_400)),
            duration("poll", \.rules.pollInterval, .milliseconds(100), .seconds(86_400)),
            duration("gather", \.rules.gatherTime, .zero, .seconds(10)),
            duration("watch_retry", \.rules.watchRetryInterval, .seconds(1), .seconds(86_400)),
            duration("retry", \.rules.retryInterval, .seconds(1), .seconds(86_400)),
            duration("client_idle", \.rules.clientIdleTime, .seconds(1), .seconds(3600)),
            duration("worker_idle", \.rules.workerIdleTime, .zero, .seconds(7 * 86_400)),
            bytes("free_space", otherwise: "none", \.freeSpace),
            bytes("free_memory", otherwise: "the engine's own estimate", \.rules.freeMemoryNeeded),
            quietHours,
            retention("count") { $0.count.map(String.init) },
            retention("bytes") { $0.bytes.map(ByteCountText.text) },
            retention("age") { $0.age.map { DurationText.text(.milliseconds(Int64($0 * 1000))) } },
            hook("done", \.rules.hooks.done), hook("failed", \.rules.hooks.failed),
        ]

    /// The setting of that name.
    static func named(_ name: String) -> ConfigurationKey? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    // MARK: Kinds

    private typealias Path<Value> = any WritableKeyPath<DaemonSettings, Value> & Sendable

    private static func refusal(_ name: String, _ value: WrittenValue, _ allowed: String) -> WritingMistake {
        WritingMistake("\(name) is \(value.shown); it must be \(allowed)")
    }

    private static func folder(_ name: String, _ path: Path<String?>) -> ConfigurationKey {
        ConfigurationKey(name) { value, settings throws(WritingMistake) in
            guard case .text(let text) = value, text.hasPrefix("/"), !text.contains("\0") else {
                throw refusal(name, value, "a full path, which begins with /")
            }
            settings[keyPath: path] = AbsolutePath.of(text)
        } text: {
            $0[keyPath: path]
        }
    }

    private static func choice<Value: Sendable & Equatable>(
        _ name: String, _ path: Path<Value>, _ choices: [(name: String, value: Value)]
    ) -> ConfigurationKey {
        ConfigurationKey(name) { value, settings throws(WritingMistake) in
            guard case .text(let text) = value,
                let choice = choices.first(where: { $0.name == text.lowercased() })
            else { throw refusal(name, value, "one of " + choices.map(\.name).joined(separator: ", ")) }
            settings[keyPath: path] = choice.value
        } text: { settings in
            choices.first { $0.value == settings[keyPath: path] }?.name
        }
    }

    private static func duration(
        _ name: String, _ path: Path<Duration>, _ least: Duration, _ most: Duration
    ) -> ConfigurationKey {
        ConfigurationKey(name) { value, settings throws(WritingMistake) in
            guard case .text(let text) = value, let duration = DurationText.parse(text),
                (least...most).contains(duration)
            else {
                throw refusal(
                    name, value,
                    "a time from \(DurationText.text(least)) to \(DurationText.text(most)), as 500 ms, 2 s or 5 min"
                )
            }
            settings[keyPath: path] = duration
        } text: {
            DurationText.text($0[keyPath: path])
        }
    }

    private static func bytes(
        _ name: String, otherwise: String, _ path: Path<Int64?>
    ) -> ConfigurationKey {
        ConfigurationKey(name, otherwise: otherwise) { value, settings throws(WritingMistake) in
            guard case .text(let text) = value, let bytes = ByteCountText.parse(text) else {
                throw refusal(name, value, "an amount, as 500 MB, 2 GiB or 0")
            }
            settings[keyPath: path] = bytes
        } text: {
            $0[keyPath: path].map(ByteCountText.text)
        }
    }

    private static let threads = ConfigurationKey("threads", otherwise: "all processors") {
        value, settings throws(WritingMistake) in
        guard case .text(let text) = value, let threads = Int(text), (1...1024).contains(threads) else {
            throw refusal("threads", value, "a whole number from 1 to 1024")
        }
        settings.threads = threads
    } text: {
        $0.threads.map(String.init)
    }

    private static let adapters = files(
        "lora", \.adapters,
        "a list of LoRA files by their full paths, each with its weight behind a colon, as [/loras/ink.safetensors:0.8]"
    ) {
        WeightedAdapter($0)
    } path: {
        $0.path
    }

    private static let embeddings = files(
        "embeddings", \.embeddings,
        "a list of embeddings by their full paths, each with its word behind a colon, as [/embeddings/toy.safetensors:toy]"
    ) {
        TextEmbedding($0)
    } path: {
        $0.path
    }

    /// Files with something said of each.
    private static func files<Value: Sendable & CustomStringConvertible>(
        _ name: String, _ place: Path<[Value]>, _ allowed: String,
        _ parse: @escaping @Sendable (String) -> Value?, path: @escaping @Sendable (Value) -> String
    ) -> ConfigurationKey {
        ConfigurationKey(name) { value, settings throws(WritingMistake) in
            let texts: [String]
            switch value {
            case .text(let text) where ["none", "off"].contains(text.lowercased()): texts = []
            case .text(let text): texts = [text]
            case .list(let list): texts = list
            case .nothing, .table: texts = [""]
            }
            let values = texts.compactMap(parse)
            guard values.count == texts.count, values.count <= 32,
                values.allSatisfy({ path($0).hasPrefix("/") && !path($0).contains("\0") })
            else { throw refusal(name, value, allowed) }
            settings[keyPath: place] = values
        } text: {
            let values = $0[keyPath: place]
            return values.isEmpty ? nil : "[" + values.map(\.description).joined(separator: ", ") + "]"
        }
    }

    private static let quietHours = ConfigurationKey("quiet_hours") {
        value, settings throws(WritingMistake) in
        switch value {
        case .text(let text) where ["none", "off"].contains(text.lowercased()): settings.rules.quietHours = []
        case .text(let text): settings.rules.quietHours = try QuietHoursText.parse([text])
        case .list(let texts): settings.rules.quietHours = try QuietHoursText.parse(texts)
        case .nothing, .table: throw refusal("quiet_hours", value, QuietHoursText.allowed)
        }
    } text: {
        $0.rules.quietHours.isEmpty ? nil : QuietHoursText.text($0.rules.quietHours)
    }

    private static func retention(
        _ part: String, _ text: @escaping @Sendable (RetentionRule) -> String?
    ) -> ConfigurationKey {
        ConfigurationKey("retention." + part, otherwise: "off") { value, settings throws(WritingMistake) in
            try RetentionText.take(part, value, into: &settings.rules.retention)
        } text: {
            text($0.rules.retention)
        }
    }

    private static func hook(_ part: String, _ path: Path<[String]?>) -> ConfigurationKey {
        ConfigurationKey("hooks." + part) { value, settings throws(WritingMistake) in
            if case .text(let text) = value, ["none", "off"].contains(text.lowercased()) {
                settings[keyPath: path] = nil
                return
            }
            guard case .list(let words) = value, let program = words.first, program.hasPrefix("/"),
                words.count <= 64, words.allSatisfy({ $0.utf8.count <= 4096 && !$0.contains("\0") })
            else {
                throw refusal(
                    "hooks." + part, value,
                    "a list, a program's full path and its arguments, as [/usr/local/bin/tell, --done]; no shell reads it"
                )
            }
            settings[keyPath: path] = words
        } text: {
            $0[keyPath: path].map { "[" + $0.joined(separator: ", ") + "]" }
        }
    }
}

extension DaemonSettings {
    /// As amounts of memory are read.
    fileprivate var freeSpace: Int64? {
        get { rules.freeBytesNeeded }
        set { rules.freeBytesNeeded = newValue ?? 0 }
    }
}
