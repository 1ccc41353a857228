import ControlAPI
import FoundationEssentials
import Glibc

/// Puts together what `metrics` says.
struct MetricsReporter: Sendable {
    private typealias Sample = PrometheusText.Sample

    let live: LiveConfiguration
    let startedAt: Date
    let store: JobStore
    let monitor: SubjectMonitor
    let session: EngineSession
    let board: RunBoard
    let gate: QueueGate
    let counters: RunCounters
    let files: FileThread

    /// The text.
    func text() async throws -> String {
        var text = PrometheusText()
        text.gauge(
            "jedi_info", "The daemon and its model.",
            [
                Sample(
                    1,
                    [
                        ("version", ProductVersion.current), ("model", session.status.model ?? ""),
                        ("model_hash", session.status.modelHash ?? ""),
                    ])
            ])
        text.gauge(
            "jedi_start_time_seconds", "When the daemon began, in seconds since 1970.",
            [Sample(startedAt.timeIntervalSince1970)])
        try await addJobs(to: &text)
        addCounters(to: &text)
        await addWatching(to: &text)
        try await addMachine(to: &text)
        return text.text
    }

    private func addJobs(to text: inout PrometheusText) async throws {
        let totals = try await store.totals()
        let states: [Job.State] = [.queued, .running, .done, .failed, .held, .cancelled]
        text.gauge(
            "jedi_jobs", "Jobs by state.",
            states.map { Sample(Double(totals[$0] ?? 0), [("state", $0.rawValue)]) })
        text.gauge("jedi_queue_length", "Jobs that wait.", [Sample(Double(totals[.queued] ?? 0))])
        text.gauge(
            "jedi_queue_paused", "1 while a person has paused the queue.", [Sample(gate.isPaused ? 1 : 0)])
        text.gauge(
            "jedi_queue_held", "1 while no job is begun, as for a full disk or a missing model.",
            [Sample(board.paused == nil ? 0 : 1)])
    }

    private func addCounters(to text: inout PrometheusText) {
        let values = counters.current
        func count(_ name: String, _ help: String, _ value: Int) {
            text.counter(name, help, [Sample(Double(value))])
        }
        count("jedi_pictures_made_total", "Pictures made since the daemon began.", values.made)
        count("jedi_pictures_resumed_total", "Attempts that went on from a checkpoint.", values.resumed)
        count("jedi_pictures_removed_total", "Pictures removed by retention rules.", values.picturesRemoved)
        count("jedi_jobs_failed_total", "Jobs that failed since the daemon began.", values.failed)
        count("jedi_jobs_held_total", "Jobs that were set aside since the daemon began.", values.held)
        count("jedi_steps_total", "Denoising steps done.", values.steps)
        count(
            "jedi_engine_interruptions_total", "Attempts that a crash of the engine ended.",
            values.engineInterruptions)
        count("jedi_photos_encoded_total", "Photos encoded.", values.photosEncoded)
        count("jedi_reference_cache_hits_total", "Encoded photos found in the cache.", values.cacheHits)
        count(
            "jedi_reference_cache_misses_total", "Encoded photos not found in the cache.",
            values.cacheMisses)
        count("jedi_hooks_run_total", "Hook commands run.", values.hooksRun)
        count("jedi_hooks_failed_total", "Hook commands that failed.", values.hooksFailed)
        text.histogram("jedi_step_seconds", "Seconds of a denoising step, by picture.", values.secondsPerStep)
        text.histogram(
            "jedi_picture_seconds", "Seconds from a picture's beginning to its file.",
            values.secondsPerPicture)
    }

    private func addWatching(to text: inout PrometheusText) async {
        let watching = await monitor.watchingStatus
        let backends = await monitor.subjectsByBackend
        text.gauge(
            "jedi_root_available", "1 while the root is there.", [Sample(watching.rootAvailable ? 1 : 0)])
        text.gauge(
            "jedi_subjects", "Subjects by how changes are noticed.",
            [.inotify, .polling, .none].map { (backend: SubjectStatus.Backend) in
                Sample(Double(backends[backend] ?? 0), [("backend", backend.rawValue)])
            })
        text.counter(
            "jedi_watch_drift_total", "Changes that a comparison found and no event had told of.",
            [Sample(Double(watching.totalDrift))])
        text.gauge(
            "jedi_last_reconcile_time_seconds", "When every folder was last compared, in seconds since 1970.",
            watching.lastReconcile.map { [Sample($0.timeIntervalSince1970)] } ?? [])
    }

    private func addMachine(to text: inout PrometheusText) async throws {
        let configuration = live.current
        let cache = configuration.stateFolder + "/ReferenceCache"
        let (cacheBytes, rootFree, stateFree, resident) = try await files.run {
            (
                Self.bytes(in: cache), Self.freeBytes(configuration.root),
                Self.freeBytes(configuration.stateFolder), Self.residentBytes()
            )
        }
        text.gauge("jedi_reference_cache_bytes", "Bytes of encoded photos.", [Sample(Double(cacheBytes))])
        text.gauge(
            "jedi_free_bytes", "Bytes that can still be written.",
            [("root", rootFree), ("state", stateFree)].compactMap { place, bytes in
                bytes.map { Sample(Double($0), [("place", place)]) }
            })
        text.gauge(
            "jedi_resident_bytes", "Memory of the daemon's process.",
            resident.map { [Sample(Double($0))] } ?? [])
    }

    // MARK: The machine

    static func freeBytes(_ path: String) -> Int64? {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return nil }
        return Int64(
            clamping: UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
                .partialValue)
    }

    private static func residentBytes() -> Int64? {
        guard let bytes = (try? FileBytes.read("/proc/self/statm", limit: 4096)).flatMap({ $0 }) else {
            return nil
        }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int64(words[1]).map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static func bytes(in folder: String) -> Int64 {
        guard let stream = opendir(folder) else { return 0 }
        defer { closedir(stream) }
        var sum: Int64 = 0
        while let entry = readdir(stream) {
            var facts = stat()
            let isFile = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    fstatat(dirfd(stream), $0, &facts, AT_SYMLINK_NOFOLLOW) == 0
                }
            }
            if isFile && facts.st_mode & S_IFMT == S_IFREG { sum += Int64(facts.st_size) }
        }
        return sum
    }
}
