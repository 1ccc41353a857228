/// The names of settings in files.
enum SettingName {
    /// The name as it is documented, from `Worker-Idle` or `worker idle`.
    static func plain(_ written: String) -> String {
        String(written.lowercased().map { "- ".contains($0) ? "_" : $0 })
    }

    /// The refusal of a name that is none of these.
    static func unknown(_ written: String, among names: [String]) -> WritingMistake {
        let nearest = NearestName.of(plain(written), among: names)
        let meant = nearest.map { "did you mean \($0)? There are " } ?? "there are "
        return WritingMistake(
            "\(WritingMistake.quoted(written)) is no setting; \(meant)\(names.joined(separator: ", "))")
    }
}
