import Glibc

/// Something that a machine asks for and that waits for a disk. It runs on the file threads.
struct Errand: Sendable {
    let subject: String
    let action: SubjectMachine.Action
    /// What holds for a prompt that is to be read.
    let settings: SubjectSettings

    var readsPrompt: Bool { if case .readPrompt = action { true } else { false } }

    /// What came of it.
    enum Outcome: Sendable {
        case judged(String, FileFingerprint, PhotoVerdict)
        case hashed(String, FileFingerprint, String)
        case settings(SubjectSettings, FileFingerprint)
        case prompt(PromptContents, String, FileFingerprint)
        case noted(SystemCallError?)
        /// The file has just gone or changed: the next look tells.
        case overtaken
    }

    func run(root: String, probe: any PhotoProbing) -> Outcome {
        switch action {
        case .probe(let file, let fingerprint):
            let path = FolderScanner.resolve(file, of: subject, root: root)
            return .judged(file, fingerprint, path.map(probe.probe) ?? .incomplete)
        case .hash(let file, let fingerprint):
            let hash = try? PhotoHash.of(file, fingerprint, subject: subject, root: root)
            return hash.map { .hashed(file, fingerprint, $0) } ?? .overtaken
        case .readSettings(let fingerprint):
            let settings = Self.settings(FileRules.settingsName, of: subject, root: root, fingerprint)
            return settings.map { .settings($0, fingerprint) } ?? .overtaken
        case .readPrompt(let file, let fingerprint):
            return prompt(file, fingerprint, root: root).map { .prompt($0, file, fingerprint) } ?? .overtaken
        case .note(let file, let lines):
            return .noted(Note(file: file, lines: lines).write(in: root + "/" + subject))
        case .plan, .withdraw: return .overtaken
        }
    }

    private func prompt(_ file: String, _ fingerprint: FileFingerprint, root: String) -> PromptContents? {
        do throws(SystemCallError) {
            switch try Self.text(file, of: subject, root: root, fingerprint) {
            case .bytes(let bytes):
                return PromptFile.parse(
                    bytes, defaults: settings.defaults, classNoun: settings.classNoun)
            case .tooLong: return PromptFile.tooLong(size: fingerprint.size)
            case .overtaken: return nil
            }
        } catch {
            return PromptContents(contentHash: "", problems: ["It cannot be read: \(error.reason)."])
        }
    }

    /// The settings in that file of a subject, or of the root; nil where it has just gone or changed.
    static func settings(
        _ file: String, of subject: String, root: String, _ fingerprint: FileFingerprint
    ) -> SubjectSettings? {
        do throws(SystemCallError) {
            switch try text(file, of: subject, root: root, fingerprint) {
            case .bytes(let bytes): return SubjectSettings.parse(bytes)
            case .tooLong:
                return SubjectSettings(
                    problems: [
                        "It has \(fingerprint.size) bytes; at most \(PromptFile.maximumBytes) are read. Is it the right file?"
                    ])
            case .overtaken: return nil
            }
        } catch {
            return SubjectSettings(problems: ["It cannot be read: \(error.reason)."])
        }
    }

    /// What stands in a person's text file.
    private enum Text {
        case bytes([UInt8])
        case tooLong
        /// It has just gone, or is written at this moment.
        case overtaken
    }

    private static func text(
        _ file: String, of subject: String, root: String, _ fingerprint: FileFingerprint
    ) throws(SystemCallError) -> Text {
        guard let path = FolderScanner.resolve(file, of: subject, root: root) else { return .overtaken }
        do throws(SystemCallError) {
            let bytes = try FileBytes.read(path, limit: PromptFile.maximumBytes)
            guard fingerprint.holds(for: path) else { return .overtaken }
            return bytes.map(Text.bytes) ?? .tooLong
        } catch  where error.isMissing { return .overtaken }
    }

    /// A message to be brought up to date.
    struct Note: Sendable {
        let file: String
        let lines: [String]

        /// What was in the way.
        func write(in folder: String) -> SystemCallError? {
            let path = folder + "/" + file
            do throws(SystemCallError) {
                if lines.isEmpty {
                    try MessageFile.remove(path)
                } else {
                    try MessageFile.write([title, ""] + lines, to: path)
                }
                return nil
            } catch {
                return error
            }
        }

        private var title: String {
            file == FileRules.photosNoteName
                ? "These photos cannot be used:" : "\(FileRules.about(note: file)) cannot be followed in all:"
        }
    }
}
