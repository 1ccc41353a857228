/// What one subject is at: which of its files have settled, what they are worth, and which prompts are due.
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
        /// Look at the photo and report with ``judge(_:_:_:at:)``.
        case probe(String, FileFingerprint)
        /// Read the photo, which a prompt is about to need, and report with ``know(_:_:contentHash:)``.
        case hash(String, FileFingerprint)
        /// Read the settings and report with ``read(settings:_:)``.
        case readSettings(FileFingerprint)
        /// Read the prompt file and report with ``read(_:of:_:)``.
        case readPrompt(String, FileFingerprint)
        /// Turn the prompt file into jobs and report with ``handled(_:problems:)``.
        case plan(String)
        /// Take back what the prompt file asked for, which went, and report with ``withdrawn(_:)``.
        case withdraw(String)
        /// Let the message of that name say this, or vanish where there is nothing to say.
        case note(String, [String])
    }

    /// A photo that cannot be used.
    struct RejectedPhoto: Sendable, Equatable {
        var name: String
        var reason: String
    }

    /// What a prompt file was found to hold.
    struct Prompt: Sendable {
        let file: String
        let fingerprint: FileFingerprint
        let contentHash: String
        let lineCount: Int
        /// What cannot be read in it.
        var problems: [String]
        /// What could not be followed in it once it was to be turned into jobs.
        var planProblems: [String] = []
        /// The lines themselves, until they are turned into jobs.
        var contents: PromptContents?
        /// Whether it was read under settings that no longer hold.
        var isStale = false
    }

    /// The subject's own settings, as they were read. Few subjects have any.
    private final class ReadSettings: Sendable {
        let fingerprint: FileFingerprint
        let settings: SubjectSettings

        init(fingerprint: FileFingerprint, settings: SubjectSettings) {
            self.fingerprint = fingerprint
            self.settings = settings
        }
    }

    var patience: Patience
    /// By the order of their names' bytes.
    private(set) var files: [SubjectFile] = []
    private var readSettings: ReadSettings?
    private(set) var prompts: [Prompt] = []
    private(set) var handledPrompts: [HandledPrompt]
    /// What was known of photos before they were seen.
    private var remembered: [String: KnownPhoto]
    private var folder = (inode: UInt64(0), born: Int64(0))
    /// Since when prompt files are missing that were turned into jobs.
    private var missing: [String: Duration] = [:]
    /// The messages that lie in the folder and whose words are not known.
    private var strangeNotes: Set<String> = []
    /// What the messages say.
    private var told: [String: [String]] = [:]

    /// - Parameters:
    ///   - handled: the prompts that were turned into jobs last, possibly before a restart.
    ///   - photos: what was found out about photos before.
    init(patience: Patience, handled: [HandledPrompt] = [], photos: [String: KnownPhoto] = [:]) {
        self.patience = patience
        handledPrompts = handled
        remembered = photos
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
        _ listing: FolderListing, movedIn: Set<String>, trustTimes: Bool, at now: Moment
    ) -> Int {
        let lasts = trustTimes || listing.identity.born != 0
        folder = lasts ? (listing.identity.inode, listing.identity.born) : (0, 0)
        strangeNotes = listing.notes.filter { told[$0] == nil }
        var changes = 0
        var seen: [SubjectFile] = []
        seen.reserveCapacity(listing.files.count)
        var before = files[...]
        for name in listing.files.keys.sorted(by: { $0.precedes($1) }) {
            guard let entry = listing.files[name] else { continue }
            while let first = before.first, first.name.precedes(name) {
                before.removeFirst()
                changes += 1
            }
            if let same = before.first, !name.precedes(same.name) {
                before.removeFirst()
                if same.entry == entry {
                    seen.append(same)
                } else if let file = SubjectFile(name: name, entry: entry, trustTimes: trustTimes, at: now) {
                    changes += 1
                    seen.append(file)
                }
            } else if var file = SubjectFile(name: name, entry: entry, trustTimes: trustTimes, at: now) {
                changes += 1
                recall(&file, at: now)
                seen.append(file)
            }
            if !movedIn.isEmpty, movedIn.contains(name), seen.last?.name == name {
                seen[seen.count - 1].arrivedWhole = true
            }
        }
        changes += before.count
        files = seen
        remembered = [:]
        forgetWhatWent()
        noteMissing(at: now)
        return changes
    }

    private func recall(_ file: inout SubjectFile, at now: Moment) {
        guard file.isPicture, let known = remembered[file.name], known.fingerprint == file.fingerprint
        else { return }
        file.judge(known.verdict, patience, at: now)
        file.contentHash = known.contentHash
    }

    private mutating func forgetWhatWent() {
        if let readSettings, fingerprint(of: FileRules.settingsName) != readSettings.fingerprint {
            self.readSettings = nil
            settingsChanged()
        }
        if !prompts.isEmpty { prompts = prompts.filter { fingerprint(of: $0.file) == $0.fingerprint } }
    }

    private mutating func noteMissing(at now: Moment) {
        guard !handledPrompts.isEmpty else { return }
        let gone = handledPrompts.filter { !$0.isWithdrawn && index(of: $0.file) == nil }.map(\.file)
        missing = gone.reduce(into: [:]) { $0[$1] = missing[$1] ?? now.uptime }
    }

    /// Takes in the verdict over a photo, unless the photo has changed since.
    mutating func judge(
        _ name: String, _ fingerprint: FileFingerprint, _ verdict: PhotoVerdict, at now: Moment
    ) {
        guard let index = index(of: name), files[index].isPicture,
            files[index].fingerprint == fingerprint
        else { return }
        files[index].judge(verdict, patience, at: now)
    }

    /// Takes in what a photo holds, unless it has changed since.
    mutating func know(_ name: String, _ fingerprint: FileFingerprint, contentHash: String) {
        guard let index = index(of: name), files[index].fingerprint == fingerprint else { return }
        files[index].contentHash = contentHash
    }

    /// Takes in what the settings file holds, unless it has changed since.
    mutating func read(settings: SubjectSettings, _ fingerprint: FileFingerprint) {
        guard self.fingerprint(of: FileRules.settingsName) == fingerprint else { return }
        readSettings = ReadSettings(fingerprint: fingerprint, settings: settings)
        settingsChanged()
    }

    /// What prompts say besides their words depends on settings that are others now. They are read again, which
    /// makes no prompt due that was handled.
    mutating func settingsChanged() {
        for index in prompts.indices { prompts[index].isStale = true }
    }

    /// Takes in what a prompt file holds, unless it has changed since.
    mutating func read(_ contents: PromptContents, of file: String, _ fingerprint: FileFingerprint) {
        guard self.fingerprint(of: file) == fingerprint else { return }
        var prompt = Prompt(
            file: file, fingerprint: fingerprint, contentHash: contents.contentHash,
            lineCount: contents.lines.count, problems: contents.problems, contents: contents)
        if !isDue(prompt) {
            prompt.contents = nil
            let before = prompts.first { $0.file == file && $0.fingerprint == fingerprint }
            prompt.planProblems = before?.planProblems ?? []
        }
        prompts.removeAll { $0.file == file }
        prompts.append(prompt)
    }

    /// The prompt was turned into jobs.
    ///
    /// - Parameter problems: what could not be followed in it after all.
    mutating func handled(_ handled: HandledPrompt, problems: [String] = []) {
        handledPrompts.removeAll { $0.file == handled.file }
        handledPrompts.append(handled)
        guard let index = prompts.firstIndex(where: { $0.file == handled.file }), !isDue(prompts[index])
        else { return }
        prompts[index].contents = nil
        prompts[index].planProblems = problems
    }

    /// That prompt, or all of them, are to be turned into jobs again.
    mutating func forgetHandled(_ file: String? = nil) {
        for index in handledPrompts.indices where file == nil || handledPrompts[index].file == file {
            handledPrompts[index].modified = HandledPrompt.forgotten
        }
    }

    /// What that prompt file asked for was taken back.
    mutating func withdrawn(_ file: String) {
        forgetHandled(file)
        for index in handledPrompts.indices where handledPrompts[index].file == file {
            handledPrompts[index].size = -1
        }
    }

    /// The message of that name says this now.
    mutating func noted(_ note: String, _ lines: [String]) {
        told[note] = lines.isEmpty ? nil : lines
        strangeNotes.remove(note)
    }

    // MARK: What is to be done

    /// What is to be done now, and when to look again though nothing may have been seen.
    ///
    /// - Parameter defaultsPend: whether settings for all subjects are there that have not settled or been read.
    func next(at now: Moment, defaultsPend: Bool = false) -> (actions: [Action], lookAgain: Duration?) {
        var actions: [Action] = []
        var wait: Duration?
        var prompts: [Action] = []
        var awaitsPrompt = false
        var settingsPend = defaultsPend
        for file in files {
            guard let fingerprint = file.fingerprint else { continue }
            let settled = file.settledAt(patience)
            let isSettled = settled <= now.uptime
            if !isSettled { wait = min(wait ?? settled, settled) }
            switch file.role {
            case .photo where isSettled, .mask where isSettled:
                let probing = file.probing(patience, at: now)
                if probing.due { actions.append(.probe(file.name, fingerprint)) }
                if let again = probing.at { wait = min(wait ?? again, again) }
            case .settings where readSettings?.fingerprint != fingerprint:
                settingsPend = true
                if isSettled { actions.append(.readSettings(fingerprint)) }
            case .prompt where needsReading(file.name):
                if mayBeDue(file.name, fingerprint) { awaitsPrompt = true }
                if isSettled { prompts.append(.readPrompt(file.name, fingerprint)) }
            default: break
            }
        }
        for handled in handledPrompts where !handled.isWithdrawn {
            if let since = missing[handled.file] {
                // Editors take a file away for a moment when they save.
                let end = since + patience.settle
                if end <= now.uptime {
                    actions.append(.withdraw(handled.file))
                } else {
                    wait = min(wait ?? end, end)
                }
            } else if asksForNothing(handled.file) {
                actions.append(.withdraw(handled.file))
            }
        }
        // What a prompt means depends on the settings.
        if !settingsPend { actions += prompts }
        if awaitsPrompt || isPromptDue { actions += hashes }
        if actions.isEmpty && wait == nil { actions = conclusions(at: now, mayPlan: !settingsPend) }
        return (actions, wait)
    }

    /// Photos that will be used, and whose content is not known. They are read while the prompt settles.
    private var hashes: [Action] {
        files.lazy.filter(\.isUsable).prefix(PhotoSelection.limit).compactMap { file in
            guard file.contentHash == nil, let fingerprint = file.fingerprint else { return nil }
            return .hash(file.name, fingerprint)
        }
    }

    /// Once every file has settled and is judged.
    private func conclusions(at now: Moment, mayPlan: Bool) -> [Action] {
        var wanted: [String: [String]] = [:]
        for (file, problems) in problems { wanted[FileRules.note(on: file)] = problems }
        let rejected = rejectedPhotos(at: now)
        if !rejected.isEmpty {
            wanted[FileRules.photosNoteName] = rejected.map { "\($0.name): \($0.reason)." }
        }
        var notes = wanted.filter { told[$0.key] != $0.value }
        for note in told.keys where wanted[note] == nil { notes[note] = [] }
        for note in strangeNotes where wanted[note] == nil { notes[note] = [] }
        let actions = notes.sorted { $0.key.precedes($1.key) }.map { Action.note($0.key, $0.value) }
        guard mayPlan, files.contains(where: \.isUsable) else { return actions }
        return actions + duePrompts.map { .plan($0.file) }
    }

    private func needsReading(_ file: String) -> Bool {
        guard let prompt = prompts.first(where: { $0.file == file }) else { return true }
        return prompt.isStale || (prompt.contents == nil && isDue(prompt))
    }

    /// Whether a prompt file that could be read asks for no picture any more.
    private func asksForNothing(_ file: String) -> Bool {
        guard let prompt = prompts.first(where: { $0.file == file }) else { return false }
        return prompt.lineCount == 0 && !prompt.contentHash.isEmpty
    }

    /// Whether a prompt that was not read yet may turn out to be due.
    private func mayBeDue(_ file: String, _ fingerprint: FileFingerprint) -> Bool {
        guard let handled = handledPrompts.first(where: { $0.file == file }) else { return true }
        return handled.size != fingerprint.size || handled.modified != fingerprint.modified
    }

    /// Whether the prompt asks for pictures and has not been turned into jobs as it stands.
    private func isDue(_ prompt: Prompt) -> Bool {
        guard prompt.lineCount > 0 else { return false }
        return !handledPrompts.contains { $0.isSame(as: toHandle(prompt)) }
    }

    private func toHandle(_ prompt: Prompt) -> HandledPrompt {
        HandledPrompt(
            size: prompt.fingerprint.size, modified: prompt.fingerprint.modified,
            contentHash: prompt.contentHash, folder: folder.inode, born: folder.born, file: prompt.file)
    }

    // MARK: What it is at

    /// The prompts that are due, with what would be remembered of each once it is turned into jobs. One that was read
    /// under settings that no longer hold has no contents.
    var duePrompts: [(file: String, contents: PromptContents?, handled: HandledPrompt)] {
        prompts.filter(isDue).sorted { $0.file.precedes($1.file) }.map {
            ($0.file, $0.isStale ? nil : $0.contents, toHandle($0))
        }
    }

    /// Whether a prompt asks for pictures and has not been turned into jobs as it stands.
    var isPromptDue: Bool { prompts.contains(where: isDue) }

    /// Whether a prompt is due, or may turn out to be once it is read.
    var mayOwePictures: Bool {
        isPromptDue
            || files.contains { file in
                guard file.role == .prompt, let fingerprint = file.fingerprint else { return false }
                return needsReading(file.name) && mayBeDue(file.name, fingerprint)
            }
    }

    /// The subject's own settings.
    var settings: SubjectSettings? { readSettings?.settings }

    private func index(of name: String) -> Int? {
        var range = 0..<files.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let order = String.compareBytes(files[middle].name, name)
            if order == 0 { return middle }
            range = order < 0 ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// The file of that name.
    func file(_ name: String) -> SubjectFile? { index(of: name).map { files[$0] } }

    /// The fingerprint under which a file is known.
    func fingerprint(of name: String) -> FileFingerprint? { file(name)?.fingerprint }
}
