import ControlAPI

/// The root's settings for all subjects: a file that settles like any other. Pure.
struct RootDefaults: Sendable {
    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Read the file and report with ``read(_:_:)``.
        case read(FileFingerprint)
        /// Let the message beside it say this, or vanish where there is nothing to say.
        case note([String])
    }

    private var file: SubjectFile?
    private var readFrom: FileFingerprint?
    /// What holds.
    private(set) var settings = SubjectSettings()
    private var told: [String] = []
    /// Whether a message lies there whose words are not known.
    private var hasStrangeNote = false

    /// Takes in what stands in the root.
    ///
    /// - Returns: whether other settings hold now.
    mutating func observe(
        _ entry: FolderListing.Entry?, hasNote: Bool, movedIn: Bool, trustTimes: Bool, at now: Moment
    ) -> Bool {
        hasStrangeNote = hasNote && told.isEmpty
        return observe(entry, movedIn: movedIn, trustTimes: trustTimes, at: now)
    }

    /// The same without a look at the message.
    mutating func observe(
        _ entry: FolderListing.Entry?, movedIn: Bool = false, trustTimes: Bool, at now: Moment
    ) -> Bool {
        if let entry {
            if file?.entry != entry {
                // Settings by any name settle alike.
                file = SubjectFile(
                    name: FileRules.settingsName, entry: entry, trustTimes: trustTimes, at: now)
            }
            if movedIn { file?.arrivedWhole = true }
        } else {
            file = nil
        }
        // While another version of it settles the old one holds.
        guard file?.fingerprint == nil, readFrom != nil else { return false }
        readFrom = nil
        defer { settings = SubjectSettings() }
        return settings != SubjectSettings()
    }

    /// Takes in what the file holds, unless it has changed since.
    ///
    /// - Returns: whether other settings hold now.
    mutating func read(_ settings: SubjectSettings, _ fingerprint: FileFingerprint) -> Bool {
        guard file?.fingerprint == fingerprint else { return false }
        readFrom = fingerprint
        defer { self.settings = settings }
        return self.settings != settings
    }

    /// Whether a version of the file is there that has not been read. No prompt is understood meanwhile.
    var pend: Bool { unread != nil }

    private var unread: (file: SubjectFile, fingerprint: FileFingerprint)? {
        guard let file, let fingerprint = file.fingerprint, fingerprint != readFrom else { return nil }
        return (file, fingerprint)
    }

    /// The message says this now.
    mutating func noted(_ lines: [String]) {
        told = lines
        hasStrangeNote = false
    }

    /// What is the matter with the file.
    var problems: [String] {
        if case .refused(let reason)? = file?.entry { [reason] } else { settings.problems }
    }

    /// What is to be done now, and when to look again, or should have been, though nothing may have been seen.
    func next(
        at now: Moment, _ patience: SubjectMachine.Patience
    ) -> (action: Action?, lookAgain: Duration?) {
        if let (file, fingerprint) = unread {
            let settled = file.settledAt(patience)
            return (settled > now.uptime ? nil : .read(fingerprint), settled)
        }
        let isNoted = told == problems && !(problems.isEmpty && hasStrangeNote)
        return (isNoted ? nil : .note(problems), nil)
    }
}

extension SubjectSettings {
    /// These, and where they say nothing, the others.
    func over(_ other: SubjectSettings) -> SubjectSettings {
        var settings = over(other.defaults)
        settings.takenBack.formUnion(other.takenBack)
        settings.classNoun = classNoun ?? other.classNoun
        settings.retention = retention ?? other.retention
        return settings
    }

    /// These, and the options where they say nothing of them.
    func over(_ options: PromptOptions) -> SubjectSettings {
        var settings = self
        settings.defaults = defaults.over(options, takenBack: takenBack)
        return settings
    }
}
