@testable import SubjectDaemon

extension FuzzTarget {
    private static let words = [
        "settle: ", "retention:", "hooks:", "defaults:", "quiet_hours: [\"22:00-07:00\"]", "class: ",
        "count: ", "bytes: ",
        " GiB", " min", "&a", "*a", "<<: ", "!!binary ", "? ", "- ", "[[[[", "{", "|", ">-", "\"\\x", "---\n",
        "...\n",
        "%YAML 1.1\n", "\t", "\u{FEFF}", "\u{2028}", "1e400", "-9223372036854775808", "18446744073709551616",
        ".inf",
    ]

    static let configuration = [
        FuzzTarget(
            name: "configuration", seeds: [("Fuzz/Corpus/configuration", [])], words: words, shortRun: 8000,
            maximumLength: 4096
        ) { bytes in
            let file = try? ConfigurationFile.parse(bytes, path: "jedid.yaml")
            // Whoever has it read again gets the same.
            precondition((try? ConfigurationFile.parse(bytes, path: "jedid.yaml")) == file)
        },
        FuzzTarget(
            name: "settings", seeds: [("Fuzz/Corpus/configuration", [])], words: words, shortRun: 8000,
            maximumLength: 4096
        ) { bytes in
            let settings = SubjectSettings.parse(bytes)
            precondition(SubjectSettings.parse(bytes) == settings)
            // Half of it never holds.
            precondition(settings.problems.isEmpty || settings.defaults == .init())
        },
    ]
}
