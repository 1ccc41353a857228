import ControlAPI
import Glibc

/// Waits for jobs and shows how far they are.
struct JobFollower {
    /// Asks the daemon.
    let client: ControlClient

    /// Waits until none of the jobs waits or is under way.
    ///
    /// - Returns: the jobs as they ended, in the order in which they were given.
    func wait(for jobs: [JobStatus]) throws(ControlError) -> [JobStatus] {
        var known = jobs
        defer { Terminal.endProgress() }
        while true {
            known = try look(at: known)
            guard known.contains(where: \.isOpen) else { return known }
            usleep(300_000)
        }
    }

    private func look(at jobs: [JobStatus]) throws(ControlError) -> [JobStatus] {
        let report = try client.status()
        Terminal.showProgress(Self.progress(of: jobs, in: report))
        var found: [String: JobStatus] = [:]
        for job in report.recent + report.waiting { found[job.id] = job }
        if let running = report.running { found[running.job.id] = running.job }
        // What neither waits in front nor ended just now is looked for by its subject.
        let missing = Set(jobs.filter { $0.isOpen && found[$0.id] == nil }.map(\.subject))
        for subject in missing.sorted() {
            for job in try client.jobs(JobQuery(subject: subject, limit: 1000)).jobs { found[job.id] = job }
        }
        return jobs.map { job in job.isOpen ? found[job.id] ?? job : job }
    }

    /// One line: how far the first of the jobs is that has not ended.
    static func progress(of jobs: [JobStatus], in report: StatusReport) -> String {
        let ended = jobs.count { !$0.isOpen }
        let count = jobs.count > 1 ? "\(ended) of \(jobs.count) made  " : ""
        if let running = report.running, jobs.contains(where: { $0.id == running.job.id }) {
            let left = running.secondsLeft.map { "  about \(Words.duration($0)) left" } ?? ""
            return count + TextStyle.bar(percent: running.percent) + "  " + StatusText.step(running) + left
        }
        if let paused = report.paused { return count + "paused: " + paused }
        let position = jobs.first(where: \.isOpen).flatMap { first in
            report.waiting.first { $0.id == first.id }?.position
        }
        guard let position else { return count + "waits" }
        return count + (position == 1 ? "is next" : "waits behind \(Words.count(position - 1, "job"))")
    }
}

extension JobStatus {
    /// Whether it waits or is under way.
    var isOpen: Bool { state == .queued || state == .running }
}
