import ControlAPI
import FoundationEssentials

extension SubjectMonitor {
    /// The watch, for `status`.
    var watchingStatus: WatchingStatus {
        WatchingStatus(
            rootAvailable: rootProblem == nil,
            detail: rootProblem ?? rootWatchProblem ?? defaultsProblem ?? unreadableNamesProblem,
            lastReconcile: lastReconcile.map { Date(timeIntervalSince1970: Double($0.wall) / 1e9) },
            lastDrift: lastDrift, totalDrift: totalDrift,
            reconcileSeconds: configuration.reconcileInterval.inSeconds)
    }

    private var defaultsProblem: String? {
        let problems = defaults.problems
        return problems.isEmpty ? nil : "\(FileRules.defaultsName): " + problems.joined(separator: " ")
    }

    /// How many subjects' changes are noticed in each way.
    var subjectsByBackend: [SubjectStatus.Backend: Int] {
        subjects.values.reduce(into: [:]) { $0[$1.backend, default: 0] += 1 }
    }

    /// Subjects, for `status`, by name.
    ///
    /// - Parameters:
    ///   - counts: the subjects' jobs, by state.
    ///   - limit: the most to tell of. Where there are more, those come first that have something to tell.
    ///   - isEncoded: whether a photo of that content is in the cache.
    func subjectStatuses(
        counts: [String: [Job.State: Int]], limit: Int = .max, isEncoded: @Sendable (String) -> Bool
    ) async -> [SubjectStatus] {
        var statuses: [SubjectStatus] = []
        for (index, name) in namesToTell(counts: counts, limit: limit).enumerated() {
            // Many subjects take a while, and others ask as well.
            if index % 256 == 255 { await Task.yield() }
            if let subject = subjects[name] {
                statuses.append(
                    status(of: name, subject, counts[name] ?? [:], at: time.now, isEncoded: isEncoded))
            } else if links.contains(name) {
                statuses.append(Self.statusOfLink(name))
            }
        }
        return statuses
    }

    /// How many subjects there are, links included.
    var subjectCount: Int { subjects.count + links.count }

    private func namesToTell(counts: [String: [Job.State: Int]], limit: Int) -> [String] {
        var names = Array(subjects.keys) + links
        if names.count > limit {
            let hasNews = Set(
                names.filter { name in
                    guard let subject = subjects[name] else { return true }
                    let jobs = counts[name] ?? [:]
                    return !subject.isQuiet || subject.problem != nil || jobs[.queued] ?? 0 > 0
                        || jobs[.running] ?? 0 > 0
                })
            let told = Array(hasNews).firstByName(limit)
            names = told + names.filter { !hasNews.contains($0) }.firstByName(limit - told.count)
        }
        return names.sorted { $0.precedes($1) }
    }

    private static func statusOfLink(_ name: String) -> SubjectStatus {
        SubjectStatus(
            name: name, state: .unavailable,
            detail: "it is a link and is not followed; put the folder itself into the root",
            photosUsed: [], photosLeftOut: [], photosRejected: [], photosEncoded: 0, promptLines: nil,
            backend: .none, backendReason: nil, jobsWaiting: 0, jobsDone: 0)
    }

    private func status(
        of name: String, _ subject: Subject, _ counts: [Job.State: Int], at now: Moment,
        isEncoded: (String) -> Bool
    ) -> SubjectStatus {
        var selection = PhotoSelection()
        for photo in subject.machine.usablePhotos {
            // Not read yet: its name stands for its content, and no content is like it.
            selection.offer(photo.name, contentHash: photo.contentHash ?? "?" + photo.name)
        }
        let waiting = (counts[.queued] ?? 0) + (counts[.running] ?? 0)
        let (state, detail) = state(of: subject, waiting: waiting, held: counts[.held] ?? 0, at: now)
        return SubjectStatus(
            name: name, state: state, detail: detail, photosUsed: selection.used.map(\.name),
            photosLeftOut: Self.shortened(selection.leftOut),
            photosRejected: Self.shortened(
                subject.machine.rejectedPhotos(at: now).map { .init(file: $0.name, reason: $0.reason) }),
            photosEncoded: selection.used.count { isEncoded($0.contentHash) },
            promptLines: subject.machine.promptLines, backend: subject.backend,
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
        if defaults.pend && subject.machine.mayOwePictures {
            return (.settling, "\(FileRules.defaultsName) beside its folder still arriving")
        }
        let problems = subject.machine.problems.map { "\($0.file): " + $0.problems.joined(separator: " ") }
        if waiting > 0 { return (.working, problems.first) }
        if !problems.isEmpty { return (.promptProblem, problems.joined(separator: " ")) }
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

extension [String] {
    /// So many of them that come first, by the order of their bytes.
    fileprivate func firstByName(_ count: Int) -> [String] {
        Array(sorted { $0.precedes($1) }.prefix(Swift.max(count, 0)))
    }
}
