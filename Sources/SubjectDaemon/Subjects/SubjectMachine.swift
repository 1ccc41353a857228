/// What one subject is at: which of its files have settled, what they are worth, and whether its prompt is due.
///
/// It knows no disk and no clock. It is told what was seen and when, and says what is to be done; whoever
/// does it tells it what came of it.
struct SubjectMachine: Sendable {
    /// How long files are given.
    struct Patience: Sendable, Equatable {
        /// How long a file's size and time must have rested before it counts as written.
        var settle: Duration = .seconds(2)
        /// How long a photo whose format has not ended is waited for before it counts as cut off.
        var incomplete: Duration = .seconds(10)
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Look at the photo and report with ``judge(_:_:_:)``.
        case probe(String, FileFingerprint)
        /// Read the prompt file and report with ``read(_:_:)``.
        case readPrompt(FileFingerprint)
        /// Turn the prompt into jobs and report with ``handled(_:)``.
        case plan
        /// Let the message beside the photos say this, or vanish where there is nothing to say.
        case notePhotos([RejectedPhoto])
        /// The same beside the prompt.
        case notePrompt([String])
    }

    /// A photo that cannot be used.
    struct RejectedPhoto: Sendable, Equatable {
        var name: String
        var reason: String
    }

    private struct File {
        var entry: FolderListing.Entry
        var kind: FileRules.Kind
        /// Since when its fingerprint is the same.
        var restedSince: Duration
        /// Renamed into place: whole from the start.
        var arrivedWhole: Bool
        var verdict: PhotoVerdict?
        /// When the verdict was given.
        var judgedAt: Duration?
    }

    private let patience: Patience
    private var files: [String: File] = [:]
    private var prompt: (fingerprint: FileFingerprint, contents: PromptContents)?
    private var handledPrompt: HandledPrompt?
    /// What could not be followed in the prompt once it was to be turned into jobs.
    private var planProblems: [String] = []
    private var folderInode: UInt64 = 0
    private var notedPhotos: [RejectedPhoto]?
    private var notedPrompt: [String]?

    /// - Parameter handled: the prompt that was turned into jobs last, possibly before a restart.
    init(patience: Patience, handled: HandledPrompt? = nil) {
        self.patience = patience
        handledPrompt = handled
    }

    // MARK: What was seen

    /// Takes in what stands in the folder.
    ///
    /// - Parameters:
    ///   - movedIn: files that were renamed into place since the last time.
    ///   - trustTimes: whether the files' times come from this machine's clock, so that a file can be known to
    ///     have rested before it was first seen. Then the folder's number is its own as well.
    /// - Returns: how many files came, changed or went.
    @discardableResult
    mutating func observe(
        _ folder: FolderListing, movedIn: Set<String>, trustTimes: Bool, at now: Moment
    ) -> Int {
        let listing = folder.files
        folderInode = trustTimes ? folder.identity.inode : 0
        var changes = 0
        for name in files.keys where listing[name] == nil {
            files[name] = nil
            changes += 1
        }
        for (name, entry) in listing {
            guard let kind = FileRules.kind(name) else { continue }
            if files[name]?.entry != entry {
                changes += 1
                files[name] = File(
                    entry: entry, kind: kind,
                    restedSince: restedSince(entry, trustTimes: trustTimes, at: now), arrivedWhole: false,
                    verdict: verdictByName(entry, kind), judgedAt: now.uptime)
            }
            if movedIn.contains(name) { files[name]?.arrivedWhole = true }
        }
        if case .file(let fingerprint)? = listing[FileRules.promptName] {
            if prompt?.fingerprint != fingerprint { prompt = nil }
        } else {
            prompt = nil
        }
        return changes
    }

    private func restedSince(_ entry: FolderListing.Entry, trustTimes: Bool, at now: Moment) -> Duration {
        guard trustTimes, case .file(let fingerprint) = entry else { return now.uptime }
        let age = now.wall - max(fingerprint.modified, fingerprint.changed)
        return age > 0 ? now.uptime - .nanoseconds(age) : now.uptime
    }

    /// What is known of a photo without a look at it.
    private func verdictByName(_ entry: FolderListing.Entry, _ kind: FileRules.Kind) -> PhotoVerdict? {
        if case .refused(let reason) = entry { return .rejected(reason) }
        if case .unreadablePhoto(let format) = kind {
            return .rejected("\(format) pictures are not read by this version; save it as JPEG or PNG")
        }
        return nil
    }

    /// Takes in the verdict over a photo, unless the photo has changed since.
    mutating func judge(
        _ name: String, _ fingerprint: FileFingerprint, _ verdict: PhotoVerdict, at now: Moment
    ) {
        guard let file = files[name], file.entry == .file(fingerprint), file.kind == .photo else { return }
        files[name]?.verdict = verdict
        files[name]?.judgedAt = now.uptime
    }

    /// Takes in what the prompt file holds, unless it has changed since.
    mutating func read(_ contents: PromptContents, _ fingerprint: FileFingerprint) {
        guard files[FileRules.promptName]?.entry == .file(fingerprint) else { return }
        prompt = (fingerprint, contents)
        planProblems = []
    }

    /// The prompt was turned into jobs; nil asks for it to be turned into jobs again.
    ///
    /// - Parameter problems: what could not be followed in it after all.
    mutating func handled(_ handled: HandledPrompt?, problems: [String] = []) {
        handledPrompt = handled
        planProblems = problems
    }

    // MARK: What is to be done

    /// What is to be done now, and when to look again though nothing may have been seen.
    func next(at now: Moment) -> (actions: [Action], lookAgain: Duration?) {
        var actions: [Action] = []
        var waits: [Duration] = []
        for (name, file) in files {
            guard case .file(let fingerprint) = file.entry else { continue }
            let settled = settledAt(file)
            if settled > now.uptime {
                waits.append(settled)
            } else if file.kind == .photo {
                switch file.verdict {
                case nil: actions.append(.probe(name, fingerprint))
                case .incomplete:
                    let end = givenUpAt(file)
                    if end > now.uptime {
                        waits.append(end)
                    } else if let judgedAt = file.judgedAt, judgedAt < end {
                        actions.append(.probe(name, fingerprint))
                    }
                case .usable, .rejected: break
                }
            } else if file.kind == .prompt, prompt == nil {
                actions.append(.readPrompt(fingerprint))
            }
        }
        if actions.isEmpty && waits.isEmpty { actions = conclusions(at: now) }
        return (actions.sorted { "\($0)" < "\($1)" }, waits.min())
    }

    /// Once every file has settled and is judged.
    private func conclusions(at now: Moment) -> [Action] {
        var actions: [Action] = []
        let rejected = rejectedPhotos(at: now)
        if rejected != notedPhotos { actions.append(.notePhotos(rejected)) }
        let problems = promptProblems
        if problems != notedPrompt { actions.append(.notePrompt(problems)) }
        if isPromptDue && !usablePhotos.isEmpty { actions.append(.plan) }
        return actions
    }

    /// The message beside the photos says this now.
    mutating func noted(photos: [RejectedPhoto]) {
        notedPhotos = photos
    }

    /// The message beside the prompt says this now.
    mutating func noted(prompt problems: [String]) {
        notedPrompt = problems
    }

    private func settledAt(_ file: File) -> Duration {
        file.arrivedWhole ? file.restedSince : file.restedSince + patience.settle
    }

    private func givenUpAt(_ file: File) -> Duration {
        file.restedSince + max(patience.incomplete, patience.settle)
    }

    // MARK: What it is at

    /// Photos that can be used, by the order of their names' bytes.
    var usablePhotos: [(name: String, fingerprint: FileFingerprint)] {
        files.compactMap { name, file -> (name: String, fingerprint: FileFingerprint)? in
            guard case .usable = file.verdict, case .file(let fingerprint) = file.entry else { return nil }
            return (name, fingerprint)
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Photos that cannot be used, by name, with the reasons.
    func rejectedPhotos(at now: Moment) -> [RejectedPhoto] {
        files.compactMap { name, file -> RejectedPhoto? in
            guard file.kind != .prompt else { return nil }
            switch file.verdict {
            case .rejected(let reason): return RejectedPhoto(name: name, reason: reason)
            case .incomplete where givenUpAt(file) <= now.uptime:
                return RejectedPhoto(
                    name: name, reason: "the file ends before its picture does; copy it here once more")
            case .incomplete, .usable, nil: return nil
            }
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// What the prompt file holds; nil while there is none or it is still arriving.
    var promptContents: PromptContents? { prompt?.contents }

    /// The prompt as it would be remembered once it is turned into jobs.
    var promptToHandle: HandledPrompt? {
        prompt.map {
            HandledPrompt(
                size: $0.fingerprint.size, modified: $0.fingerprint.modified,
                contentHash: $0.contents.contentHash,
                folder: folderInode)
        }
    }

    /// Whether the prompt asks for pictures and has not been turned into jobs as it stands.
    var isPromptDue: Bool {
        guard let prompt, !prompt.contents.lines.isEmpty else { return false }
        return handledPrompt != promptToHandle
    }

    /// Whether there is a prompt and nothing to use for it.
    var waitsForPhotos: Bool { isPromptDue && usablePhotos.isEmpty }

    /// What is the matter with the prompt file.
    var promptProblems: [String] {
        if case .refused(let reason)? = files[FileRules.promptName]?.entry { return [reason] }
        return prompt.map { $0.contents.problems + planProblems } ?? []
    }

    /// Files that are still arriving.
    func arriving(at now: Moment) -> [String] {
        files.filter { _, file in
            guard case .file = file.entry else { return false }
            if settledAt(file) > now.uptime { return true }
            return file.verdict == .incomplete && givenUpAt(file) > now.uptime
        }.keys.sorted()
    }

    /// The fingerprint under which a photo is known.
    func fingerprint(of name: String) -> FileFingerprint? {
        if case .file(let fingerprint)? = files[name]?.entry { return fingerprint }
        return nil
    }
}
