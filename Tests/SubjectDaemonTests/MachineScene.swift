@testable import SubjectDaemon

/// A machine, its folder, and the time, moved by hand.
struct MachineScene {
    var machine: SubjectMachine
    var files: [String: FolderListing.Entry] = [:]
    var notes: Set<String> = []
    var now = Moment(uptime: .seconds(1000), wall: 5_000_000 * 1_000_000_000)
    var trustTimes = true
    var folder = FolderIdentity(device: 1, inode: 77)

    init(handled: [HandledPrompt] = [], photos: [String: KnownPhoto] = [:]) {
        machine = SubjectMachine(
            patience: .init(settle: .seconds(2), incomplete: .seconds(10)), handled: handled, photos: photos)
    }

    /// Writes a file now, or some time ago by its own times.
    mutating func write(_ name: String, size: Int64 = 100, ago: Int64 = 0, inode: UInt64 = 1) {
        let time = now.wall - ago * 1_000_000_000
        files[name] = .file(FileFingerprint(size: size, modified: time, changed: time, inode: inode))
    }

    func fingerprint(_ name: String) -> FileFingerprint {
        guard case .file(let fingerprint)? = files[name] else { fatalError("no file \(name)") }
        return fingerprint
    }

    @discardableResult
    mutating func observe(movedIn: Set<String> = []) -> Int {
        machine.observe(
            FolderListing(identity: folder, files: files, notes: notes), movedIn: movedIn,
            trustTimes: trustTimes, at: now)
    }

    mutating func wait(_ seconds: Double) {
        now = now.advanced(by: .seconds(seconds))
        observe()
    }

    /// Whether settings for all subjects are about to be read.
    var defaultsPend = false

    var actions: [SubjectMachine.Action] { machine.next(at: now, defaultsPend: defaultsPend).actions }

    var lookAgain: Duration? { machine.next(at: now).lookAgain.map { $0 - now.uptime } }

    mutating func judge(_ name: String, _ verdict: PhotoVerdict) {
        machine.judge(name, fingerprint(name), verdict, at: now)
    }

    mutating func hash(_ name: String) {
        machine.know(name, fingerprint(name), contentHash: name)
    }

    mutating func read(_ text: String, of file: String = FileRules.promptName) {
        machine.read(PromptFile.parse(Array(text.utf8)), of: file, fingerprint(file))
    }

    mutating func handle() {
        for due in machine.duePrompts { machine.handled(due.handled) }
    }

    /// Photos and prompts that have settled and are known.
    mutating func settleAll(prompt: String = "one") {
        observe()
        wait(2)
        for name in files.keys where FileRules.kind(name) == .photo {
            judge(name, .usable(width: 9, height: 9))
            hash(name)
        }
        for name in files.keys where FileRules.kind(name) == .prompt { read(prompt, of: name) }
    }
}
