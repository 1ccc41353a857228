import ControlAPI
import Foundation

/// A report in which everything occurs.
enum SampleReport {
    static let now = Date(timeIntervalSince1970: 1_767_225_600)

    static var full: StatusReport {
        let done = JobStatus(
            id: "0123456789", subject: "toby", prompt: "a red toy on the beach", seed: 42, state: .done,
            attempts: 1,
            output: "/srv/jedi/toby/output/toby-0123456789-42.png", finishedAt: now - 130, seconds: 12.4)
        let failed = JobStatus(
            id: "abcdef0123", subject: "mia", prompt: "asleep", seed: 7, state: .failed,
            reason: "the model has no tensor 'x'", attempts: 1, finishedAt: now - 4000, seconds: 1)
        let running = JobStatus(
            id: "aaaaaaaaaa", subject: "toby", prompt: "a red toy in the snow", seed: 43, state: .running,
            attempts: 1)
        let waiting = JobStatus(
            id: "bbbbbbbbbb", subject: "grandmother", prompt: "at the lake", seed: 44, state: .queued,
            position: 1)
        return StatusReport(
            madeAt: now,
            daemon: DaemonStatus(
                version: "0.1.0", pid: 4242, startedAt: now - 11_520, root: "/srv/jedi",
                stateFolder: "/var/lib/jedi", socket: "/run/jedid/jedid.sock"),
            engine: EngineStatus(
                state: .ready, model: "toybox", modelHash: "a1b2c3d4e5f6a7b8", mode: "joint", width: 64,
                height: 64),
            watching: WatchingStatus(
                rootAvailable: true, detail: nil, lastReconcile: now - 90, lastDrift: 0, totalDrift: 0,
                reconcileSeconds: 120),
            subjects: [
                SubjectStatus(
                    name: "grandmother", state: .working, detail: nil, photosUsed: ["1.jpg"],
                    photosLeftOut: [],
                    photosRejected: [], photosEncoded: 0, promptLines: 1, backend: .polling,
                    backendReason: "on NFS, which tells of no changes: it is looked at every 10 s",
                    jobsWaiting: 1,
                    jobsDone: 0),
                SubjectStatus(
                    name: "mia", state: .waitingForPhotos,
                    detail: "there is a prompt and no photo that can be used: put JPEG or PNG photos here",
                    photosUsed: [], photosLeftOut: [],
                    photosRejected: [
                        .init(file: "IMG_1.jpg", reason: "the JPEG ends before its picture does")
                    ],
                    photosEncoded: 0, promptLines: 1, backend: .inotify, backendReason: nil, jobsWaiting: 0,
                    jobsDone: 0),
                SubjectStatus(
                    name: "toby", state: .idle, detail: nil, photosUsed: ["a.jpg", "b.jpg"],
                    photosLeftOut: [.init(file: "c.jpg", reason: "it is the same file as a.jpg")],
                    photosRejected: [], photosEncoded: 2, promptLines: 2, backend: .inotify,
                    backendReason: nil,
                    jobsWaiting: 0, jobsDone: 2),
            ],
            paused: nil,
            running: RunningJobStatus(
                job: running, phase: .denoising, step: 12, steps: 30, percent: 40, startedAt: now - 12,
                secondsPerStep: 1, secondsLeft: 18),
            waiting: [waiting], waitingCount: 3, recent: [done, failed])
    }

    static var empty: StatusReport {
        var report = full
        report.subjects = []
        report.running = nil
        report.waiting = []
        report.waitingCount = 0
        report.recent = []
        report.engine = EngineStatus(
            state: .unavailable, detail: "no model was found; name one with --model FOLDER")
        report.watching.rootAvailable = false
        report.watching.detail = "the root /srv/jedi cannot be read: No such file or directory"
        report.watching.lastReconcile = nil
        report.paused = "the model cannot be used"
        return report
    }
}
