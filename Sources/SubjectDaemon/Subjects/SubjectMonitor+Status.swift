import ControlAPI
import FoundationEssentials

extension SubjectMonitor {
    /// The watch, for `status`.
    var watchingStatus: WatchingStatus {
        WatchingStatus(
            rootAvailable: rootProblem == nil,
            detail: rootProblem ?? rootWatchProblem ?? unreadableNamesProblem,
            lastReconcile: lastReconcile.map { Date(timeIntervalSince1970: Double($0.wall) / 1e9) },
            lastDrift: lastDrift, totalDrift: totalDrift,
            reconcileSeconds: configuration.reconcileInterval.inSeconds)
    }

    /// How many subjects' changes are noticed in each way.
    var subjectsByBackend: [SubjectStatus.Backend: Int] {
        subjects.values.reduce(into: [:]) { $0[$1.backend, default: 0] += 1 }
    }

    /// Every subject, for `status`.
    ///
    /// - Parameters:
    ///   - counts: the subjects' jobs, by state.
    ///   - isEncoded: whether a photo of that content is in the cache.
    func subjectStatuses(
        counts: [String: [Job.State: Int]], isEncoded: (String) -> Bool
    ) -> [SubjectStatus] {
        let now = time.now
        let ofFolders = subjects.map { name, subject in
            status(of: name, subject, counts[name] ?? [:], at: now, isEncoded: isEncoded)
        }
        let ofLinks = links.map { name in
            SubjectStatus(
                name: name, state: .unavailable,
                detail: "it is a link and is not followed; put the folder itself into the root",
                photosUsed: [],
                photosLeftOut: [], photosRejected: [], photosEncoded: 0, promptLines: nil, backend: .none,
                backendReason: nil, jobsWaiting: 0, jobsDone: 0)
        }
        return (ofFolders + ofLinks).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func status(
        of name: String, _ subject: Subject, _ counts: [Job.State: Int], at now: Moment,
        isEncoded: (String) -> Bool
    ) -> SubjectStatus {
        var selection = PhotoSelection()
        for photo in subject.machine.usablePhotos {
            // Not read yet: its name stands for its content, and no content is like it.
            selection.offer(
                photo.name, contentHash: subject.photos[photo.name]?.contentHash ?? "?" + photo.name)
        }
        let waiting = (counts[.queued] ?? 0) + (counts[.running] ?? 0)
        let (state, detail) = state(of: subject, waiting: waiting, held: counts[.held] ?? 0, at: now)
        return SubjectStatus(
            name: name, state: state, detail: detail, photosUsed: selection.used.map(\.name),
            photosLeftOut: Self.shortened(selection.leftOut),
            photosRejected: Self.shortened(
                subject.machine.rejectedPhotos(at: now).map { .init(file: $0.name, reason: $0.reason) }),
            photosEncoded: selection.used.count { isEncoded($0.contentHash) },
            promptLines: subject.machine.promptContents?.lines.count, backend: subject.backend,
            backendReason: subject.backendReason, jobsWaiting: waiting, jobsDone: counts[.done] ?? 0)
    }

    private func state(
        of subject: Subject, waiting: Int, held: Int, at now: Moment
    ) -> (SubjectStatus.State, String?) {
        if let rootProblem { return (.unavailable, rootProblem) }
        if let problem = subject.problem { return (.unavailable, problem) }
        let arriving = subject.machine.arriving(at: now)
        if !arriving.isEmpty {
            let shown = arriving.prefix(3).joined(separator: ", ")
            return (
                .settling,
                "\(shown)\(arriving.count > 3 ? " and \(arriving.count - 3) more" : "") still arriving"
            )
        }
        let problems = subject.machine.promptProblems
        if waiting > 0 { return (.working, problems.first.map { "\(FileRules.promptName): \($0)" }) }
        if !problems.isEmpty {
            return (.promptProblem, "\(FileRules.promptName): " + problems.joined(separator: " "))
        }
        if subject.machine.waitsForPhotos {
            return (
                .waitingForPhotos,
                "there is a prompt and no photo that can be used: put JPEG or PNG photos here"
            )
        }
        return (.idle, held > 0 ? "\(held) held: see what was done last" : nil)
    }

    /// A message has a bounded length, a folder has not.
    private static func shortened(_ notes: [SubjectStatus.FileNote]) -> [SubjectStatus.FileNote] {
        guard notes.count > 20 else { return notes }
        return notes.prefix(20) + [.init(file: "…", reason: "and \(notes.count - 20) more")]
    }
}
