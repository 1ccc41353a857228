import ControlAPI
import Foundation
import Logging
import JointDiffusion
import Testing

@testable import SubjectDaemon

/// Times, amounts and hours as people write them.
@Suite struct SettingTextTests {
    @Test(
        arguments: [
            ("2 s", .seconds(2), "2 s"), ("500ms", .milliseconds(500), "500 ms"),
            ("1h 30min", .seconds(5400), "90 min"),
            ("90 Days", .seconds(90 * 86_400), "90 d"), ("1.5 min", .seconds(90), "90 s"),
            ("0", .zero, "0 s"),
            ("2 weeks", .seconds(14 * 86_400), "14 d"),
        ] as [(String, Duration, String)])
    func times(text: String, duration: Duration, shown: String) throws {
        let parsed = try #require(DurationText.parse(text))
        #expect(parsed == duration)
        #expect(DurationText.text(parsed) == shown)
        #expect(DurationText.parse(shown) == duration)
    }

    @Test(arguments: [
        "", "2", "s", "-2 s", "2 parsecs", "1 s 2", "1e9 s", "inf s", "99999999999 d", "1..2 s", "٣ s",
    ])
    func noTimes(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        arguments: [
            ("5 GB", 5_000_000_000, "5 GB"), ("5GiB", 5 << 30, "5 GiB"), ("5G", 5 << 30, "5 GiB"),
            ("1.5 kB", 1500, "1500 B"), ("64 MiB", 64 << 20, "64 MiB"), ("0", 0, "0 B"), ("12", 12, "12 B"),
        ] as [(String, Int64, String)])
    func amounts(text: String, bytes: Int64, shown: String) throws {
        #expect(ByteCountText.parse(text) == bytes)
        #expect(ByteCountText.text(bytes) == shown)
        #expect(ByteCountText.parse(shown) == bytes)
    }

    @Test(arguments: ["", "GB", "-1 GB", "5 XB", "1e30 TB", "9999999999 TB", "nan"]) func noAmounts(
        text: String
    ) {
        #expect(ByteCountText.parse(text) == nil)
    }

    @Test(
        arguments: [
            (["22:00-07:00"], "22:00-07:00"), (["22-7", "12:30 - 13"], "22:00-07:00, 12:30-13:00"),
            (["20:00\u{2013}24:00,1:05-2"], "20:00-00:00, 01:05-02:00"),
        ] as [([String], String)])
    func hours(texts: [String], shown: String) throws {
        #expect(QuietHoursText.text(try QuietHoursText.parse(texts)) == shown)
    }

    @Test(arguments: [
        "22:00", "22:00-22:00", "0-24", "25-3", "22:60-7", "24:30-1", "a-b", "1-2-3", "-", "+1-2",
    ])
    func noHours(text: String) {
        #expect(throws: WritingMistake.self) { try QuietHoursText.parse([text]) }
    }
}

/// The file, and what comes of it together with everything else that has a say.
@Suite struct ConfigurationTests {
    private func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile.parse(Array(text.utf8), path: "/etc/jedi/jedid.yaml")
    }

    private func effective(
        _ text: String?, environment: [String: String] = ["HOME": "/home/eva"],
        isFaster: Bool = true, _ change: (inout ConfigurationInputs.CommandLine) -> Void = { _ in }
    ) throws -> EffectiveConfiguration {
        var line = ConfigurationInputs.CommandLine()
        line.root = "/photos"
        change(&line)
        return try EffectiveConfiguration.make(
            ConfigurationInputs(commandLine: line, environment: environment, user: 1000),
            file: try text.map(file),
            embeddedModel: "/usr/share/jedi/toybox"
        ) { $0 == .float32 || isFaster }
    }

    private func entry(_ name: String, _ configuration: EffectiveConfiguration) -> String? {
        configuration.entries.first { $0.key == name }.map { "\($0.value) | \($0.origin)" }
    }

    @Test func everySettingOfAFile() throws {
        let all = try effective(
            """
            state: /var/lib/jedi/
            socket: /run/jedi.sock
            model: /models/a
            precision: bf16
            threads: 3
            log: warning
            settle: 3 s
            Quiet-Hours: ["22:00-07:00"]
            free_space: 1 GiB
            free memory: 2 GB
            worker_idle: 1 min
            retention:
              age: 90 days
              count: 10
            hooks:
              done: [/bin/tell, "it is done"]
            defaults:
              size: 512x512
              cfg_scale: 7
            lora: ["/loras/ink.safetensors:0.8", /loras/b.safetensors]
            embeddings: "/toy.safetensors:<toy>"
            vae: /vae/
            reference_cache: 2 GB
            preview_vae: /models/taesd/
            """)
        #expect(all.daemon.root == "/photos" && all.daemon.stateFolder == "/var/lib/jedi")
        #expect(all.daemon.socket == "/run/jedi.sock")
        let adapters = [
            WeightedAdapter(path: "/loras/ink.safetensors", weight: 0.8),
            WeightedAdapter(path: "/loras/b.safetensors"),
        ]
        #expect(
            all.engine
                == EngineSettings(
                    model: "/models/a", precision: .bfloat16, threads: 3, adapters: adapters,
                    embeddings: [TextEmbedding(path: "/toy.safetensors", word: "<toy>")],
                    autoencoder: "/vae", previewDecoder: "/models/taesd",
                    keysValues: EngineCachePlace(
                        folder: "/var/lib/jedi/ReferenceCache/KeysValues", bytes: 2_000_000_000,
                        leftFree: 1 << 30),
                    packedWeights: EngineCachePlace(
                        folder: "/var/lib/jedi/PackedWeights", bytes: 10_000_000_000, leftFree: 1 << 30),
                    hashes: "/var/lib/jedi/model-hashes.json"))
        #expect(entry("reference_cache", all) == "2 GB | /etc/jedi/jedid.yaml:23")
        #expect(entry("embeddings", all) == "[/toy.safetensors:<toy>] | /etc/jedi/jedid.yaml:21")
        #expect(entry("vae", all) == "/vae | /etc/jedi/jedid.yaml:22")
        #expect(entry("preview_vae", all) == "/models/taesd | /etc/jedi/jedid.yaml:24")
        #expect(
            entry("lora", all)
                == "[/loras/ink.safetensors:0.8, /loras/b.safetensors:1.0] | /etc/jedi/jedid.yaml:20")
        #expect(all.logLevel == .warning)
        #expect(all.daemon.settleTime == .seconds(3) && all.daemon.workerIdleTime == .seconds(60))
        #expect(all.daemon.quietHours == [QuietHours(begin: 1320, end: 420)])
        #expect(all.daemon.freeBytesNeeded == 1 << 30 && all.daemon.freeMemoryNeeded == 2_000_000_000)
        #expect(all.daemon.retention == RetentionRule(count: 10, age: 90 * 86_400))
        #expect(all.daemon.hooks == HookCommands(done: ["/bin/tell", "it is done"]))
        #expect(all.daemon.defaults == PromptOptions(picture: .init(guidance: 7, width: 512, height: 512)))
        #expect(all.daemon.pollInterval == .seconds(10))
        #expect(entry("root", all) == "/photos | command line")
        #expect(entry("threads", all) == "3 | /etc/jedi/jedid.yaml:5")
        #expect(entry("retention.age", all) == "90 d | /etc/jedi/jedid.yaml:13")
        #expect(entry("retention.bytes", all) == "off | default")
        #expect(entry("defaults.height", all) == "512 | /etc/jedi/jedid.yaml:18")
        #expect(entry("defaults.guidance", all) == "7 | /etc/jedi/jedid.yaml:19")
        #expect(entry("defaults.steps", all) == "the model's own | default")
        #expect(entry("poll", all) == "10 s | default")
    }

    @Test func whoHoldsBeforeWhom() throws {
        let text = "model: /file\nstate: /file\nroot: /file\nlog: error"
        let environment = [
            "JEDID_MODEL": "/env", "STATE_DIRECTORY": "/env/state", "RUNTIME_DIRECTORY": "/run/jedid",
        ]
        let all = try effective(text, environment: environment)
        #expect(entry("model", all) == "/env | environment JEDID_MODEL")
        #expect(entry("state", all) == "/file | /etc/jedi/jedid.yaml:2")
        #expect(entry("root", all) == "/photos | command line")
        #expect(entry("socket", all) == "/run/jedid/jedid.sock | environment RUNTIME_DIRECTORY")
        let told = try effective(text, environment: environment) {
            ($0.model, $0.isVerbose) = ("/line", true)
        }
        #expect(entry("model", told) == "/line | command line")
        #expect(entry("log", told) == "debug | command line")
        let bare = try effective(nil)
        #expect(entry("model", bare) == "/usr/share/jedi/toybox | default")
        #expect(entry("state", bare) == "/home/eva/.local/state/jedi | default")
        #expect(
            try entry("state", effective(nil, environment: environment))
                == "/env/state | environment STATE_DIRECTORY")
    }

    @Test(
        arguments: [
            ("setle: 2 s", "/etc/jedi/jedid.yaml, line 1: \"setle\" is no setting; did you mean settle?"),
            ("\nsettle: 2", "line 2: settle is \"2\"; it must be a time from 50 ms to 1 h"),
            ("root: photos", "root is \"photos\"; it must be a full path"), ("root:", "root is empty"),
            ("lora: [ink.safetensors]", "full paths"), ("embeddings: toy:toy", "full paths"),
            ("lora: [\"/a:nan\"]", "full paths"),
            ("threads: 0", "from 1 to 1024"), ("precision: f16", "one of f32, bf16, int8, auto"),
            ("log: loud", "one of debug"),
            ("free_space: many", "an amount, as 500 MB"), ("quiet_hours: 22", "hours of the day"),
            (
                "retention:\n  aeg: 3 d",
                "line 2: \"retention.aeg\" is no setting; did you mean retention.age?"
            ),
            ("retention: yes", "a table of count, bytes, age"),
            ("hooks:\n  done: tell me", "a list, a program's full path"),
            ("hooks:\n  done: [tell]", "full path"), ("defaults:\n  steps: 0", "line 2: steps is 0"),
            ("defaults:\n  stpes: 3", "did you mean steps?"), ("defaults: 5", "a table of options"),
            ("settle: 2 s\nSettle: 3 s", "line 2: settle stands in line 1 already"),
            ("settle: [1 s]", "settle is \"1 s\""),
            ("a: b: c", "line 1: this cannot be read as YAML"),
            ("settle: {a: {b: {c: 1}}}", "tables within tables"),
        ] as [(String, String)])
    func aMistakeIsToldWithItsPlace(text: String, problem: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try file(text) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test func allMistakesAreToldAtOnce() {
        let error = #expect(throws: ConfigurationError.self) {
            try file("settle: 2\npoll: x\nretention:\n  count: 0\nfoo: 1")
        }
        #expect(error?.problems.count == 4)
    }

    @Test func whatIsMissingIsNamedWithTheRemedy() throws {
        let inputs = ConfigurationInputs(
            commandLine: .init(), environment: [:], user: 0, embeddedModels: ["/usr/share/jedi/toybox"])
        let error = #expect(throws: ConfigurationError.self) {
            try EffectiveConfiguration.make(inputs, file: nil, embeddedModel: nil) { _ in true }
        }
        #expect(error?.problems.count == 3)
        #expect(error?.description.contains("put 'root: /the/folder' into /etc/jedi/jedid.yaml") == true)
        #expect(try effective("precision: bf16", isFaster: false).engine.precision == .bfloat16)
        #expect(try effective("precision: auto", isFaster: false).engine.precision == .float32)
        #expect(try effective("precision: auto", isFaster: true).engine.precision == .bfloat16)
    }

    @Test(
        arguments: [
            (
                nil, ["CONFIGURATION_DIRECTORY": "/etc/a:/etc/b", "HOME": "/home/eva"], 1000,
                ["/etc/a/jedid.yaml"]
            ),
            (nil, ["HOME": "/root"], 0, ["/etc/jedi/jedid.yaml"]), (nil, [:], 998, ["/etc/jedi/jedid.yaml"]),
            (nil, ["HOME": "/home/eva"], 1000, ["/home/eva/.config/jedi/jedid.yaml"]),
            (nil, ["HOME": "/home/eva", "XDG_CONFIG_HOME": "/x"], 1000, ["/x/jedi/jedid.yaml"]),
            ("/my/file", ["CONFIGURATION_DIRECTORY": "/etc/a"], 0, ["/my/file"]), (nil, [:], 1000, []),
        ] as [(String?, [String: String], UInt32, [String])])
    func whereTheFileIsLookedFor(told: String?, environment: [String: String], user: UInt32, files: [String])
    {
        var line = ConfigurationInputs.CommandLine()
        line.config = told
        #expect(ConfigurationInputs(commandLine: line, environment: environment, user: user).files == files)
    }

    /// The documented example: with every # taken away it is a file that is read, it names every setting, and it says
    /// of each setting that has a default what that is.
    @Test func theExampleIsWholeAndTrue() throws {
        let example = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../examples/jedid.yaml").standardizedFileURL
        let text = try String(contentsOf: example, encoding: .utf8)
        #expect(try file(text) == ConfigurationFile(path: "/etc/jedi/jedid.yaml"))
        let pattern = /^# ( *[a-z_]+:($| .*))$/
        let settings = text.split(separator: "\n").compactMap { try? pattern.wholeMatch(in: $0)?.1 }
        let read = try file(settings.joined(separator: "\n"))
        #expect(Set(read.entries.map(\.name)) == Set(ConfigurationKey.all.map(\.name)))
        let usual = DaemonSettings()
        for entry in read.entries {
            let key = try #require(ConfigurationKey.named(entry.name))
            guard let value = key.text(usual) else { continue }
            var set = usual
            try key.read(entry.value, &set)
            #expect(key.text(set) == value, "\(entry.name)")
        }
    }

    @Test func aChangeIsToldAndWhatMustWaitStays() {
        func entry(_ key: String, _ value: String) -> ConfigurationReport.Entry {
            .init(key: key, value: value, origin: "f:1")
        }
        let change = ConfigurationChange(
            from: [entry("root", "/a"), entry("poll", "1 s"), entry("log", "info")],
            to: [entry("root", "/b"), entry("poll", "2 s"), entry("log", "info")], waiting: ["root"])
        #expect(change.entries == [entry("root", "/a"), entry("poll", "2 s"), entry("log", "info")])
        #expect(change.changed == ["poll is now 2 s, was 1 s"])
        #expect(change.problem == "root is /b (f:1) from the next start, until then /a")
    }

    @Test(
        arguments: [
            (true, true, true, .isIgnored), (true, false, false, .isIgnored), (false, true, true, .ends),
            (false, true, false, .ends), (false, false, true, .reloads), (false, false, false, .ends),
        ] as [(Bool, Bool, Bool, HangUp)])
    func whatAHangUpMeans(wasIgnored: Bool, hasTerminal: Bool, canReload: Bool, meaning: HangUp) {
        #expect(HangUp(wasIgnored: wasIgnored, hasTerminal: hasTerminal, canReload: canReload) == meaning)
    }
}
