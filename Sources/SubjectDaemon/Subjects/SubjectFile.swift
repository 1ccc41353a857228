/// A file of a subject and what is known of it. There are many: it is kept small.
struct SubjectFile: Sendable {
    /// What it is for.
    enum Role: UInt8, Sendable {
        case photo, unreadablePhoto, mask, prompt, settings
        /// A folder that cannot be looked into: its name ends with a slash.
        case folder
    }

    /// Its path within the subject's folder.
    let name: String
    let role: Role
    /// Renamed into place: whole from the start.
    var arrivedWhole = false
    /// Whether it was looked at after it had been waited for in vain.
    private var isGivenUp = false
    private(set) var entry: FolderListing.Entry
    /// Since when its fingerprint is the same.
    private var restedSince: Duration
    private(set) var verdict: PhotoVerdict?
    /// The SHA-256 of a photo's or a mask's bytes, in hexadecimal, once that was needed.
    var contentHash: String?

    /// A file that was seen now.
    init?(name: String, entry: FolderListing.Entry, trustTimes: Bool, at now: Moment) {
        switch FileRules.kind(name) {
        case .photo: role = .photo
        case .unreadablePhoto(let format):
            role = .unreadablePhoto
            verdict = .rejected("\(format) pictures are not read by this version; save it as JPEG or PNG")
        case .mask: role = .mask
        case .prompt: role = .prompt
        case .settings: role = .settings
        case nil:
            guard case .refused = entry else { return nil }
            role = .folder
        }
        if case .refused(let reason) = entry { verdict = .rejected(reason) }
        self.name = name
        self.entry = entry
        restedSince = Self.restedSince(entry, trustTimes: trustTimes, at: now)
    }

    private static func restedSince(
        _ entry: FolderListing.Entry, trustTimes: Bool, at now: Moment
    ) -> Duration {
        guard trustTimes, case .file(let fingerprint) = entry else { return now.uptime }
        let age = now.wall - max(fingerprint.modified, fingerprint.changed)
        return age > 0 ? now.uptime - .nanoseconds(age) : now.uptime
    }

    /// Nil where it is refused.
    var fingerprint: FileFingerprint? {
        if case .file(let fingerprint) = entry { fingerprint } else { nil }
    }

    /// Whether it is a photo or a mask, in a format that is read.
    var isPicture: Bool { role == .photo || role == .mask }

    /// Whether it is a picture that can be used.
    var isSound: Bool {
        if case .usable = verdict { fingerprint != nil } else { false }
    }

    /// Whether it can be a reference.
    var isUsable: Bool { role == .photo && isSound }

    /// When it counts as written.
    func settledAt(_ patience: SubjectMachine.Patience) -> Duration {
        arrivedWhole ? restedSince : restedSince + patience.settle
    }

    /// When a photo whose format has not ended counts as cut off.
    func givenUpAt(_ patience: SubjectMachine.Patience) -> Duration {
        restedSince + max(patience.incomplete, patience.settle)
    }

    /// Whether a photo is to be looked at now, and when it is if not.
    func probing(_ patience: SubjectMachine.Patience, at now: Moment) -> (due: Bool, at: Duration?) {
        switch verdict {
        case nil: return (true, nil)
        case .incomplete:
            let end = givenUpAt(patience)
            // The last look is the one after the wait.
            return end > now.uptime ? (false, end) : (!isGivenUp, nil)
        case .usable, .rejected: return (false, nil)
        }
    }

    /// Takes in a verdict.
    mutating func judge(_ verdict: PhotoVerdict, _ patience: SubjectMachine.Patience, at now: Moment) {
        self.verdict = verdict
        isGivenUp = now.uptime >= givenUpAt(patience)
    }

    /// Whether it is still arriving.
    func isArriving(_ patience: SubjectMachine.Patience, at now: Moment) -> Bool {
        guard fingerprint != nil else { return false }
        return settledAt(patience) > now.uptime
            || (verdict == .incomplete && givenUpAt(patience) > now.uptime)
    }

    /// Why it cannot be used as a picture, where that is so.
    func rejection(_ patience: SubjectMachine.Patience, at now: Moment) -> String? {
        guard role != .prompt, role != .settings else { return nil }
        switch verdict {
        case .rejected(let reason): return reason
        case .incomplete where givenUpAt(patience) <= now.uptime:
            return "the file ends before its picture does; copy it here once more"
        case .incomplete, .usable, nil: return nil
        }
    }
}
