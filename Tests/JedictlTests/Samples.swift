import ControlAPI
import Foundation

@testable import jedictl

/// Answers in which everything occurs.
enum Samples {
    static let now = SampleReport.now

    static var jobs: JobsReport {
        JobsReport(
            madeAt: now,
            jobs: [
                JobStatus(
                    id: "aaaaaaaaaa", subject: "toby", prompt: "in the snow", seed: 43, state: .running,
                    attempts: 1),
                JobStatus(
                    id: "bbbbbbbbbb", subject: "grandmother", prompt: "at the lake", seed: 44, state: .queued,
                    position: 1),
                JobStatus(
                    id: "0123456789", subject: "toby", prompt: "on the beach", seed: 42, state: .done,
                    attempts: 1, output: "/srv/jedi/toby/output/toby-0123456789-42.png",
                    finishedAt: now - 130, seconds: 12.4),
                JobStatus(
                    id: "cccccccccc", subject: "mia", prompt: "asleep", seed: 7, state: .held,
                    reason: "jedid ended 3 times while it worked on this", attempts: 3,
                    finishedAt: now - 4000),
            ])
    }

    static var cache: CacheReport {
        CacheReport(
            folder: "/var/lib/jedi/ReferenceCache", presentModelHash: "a1b2c3d4e5f6a7b8",
            entries: [
                .init(
                    photoHash: String(repeating: "0f", count: 32), subjects: ["mia", "toby"],
                    modelHash: "a1b2c3d4e5f6a7b8", width: 64, height: 64, bytes: 8192),
                .init(
                    photoHash: String(repeating: "1e", count: 32), subjects: [],
                    modelHash: "ffff000011112222",
                    width: 512, height: 768, bytes: 49_152),
            ], removed: 1, damaged: ["x.reference"])
    }

    static var models: ModelsReport {
        ModelsReport(
            folder: "/var/lib/jedi/models",
            models: [
                .init(
                    name: "sd15", folder: "/var/lib/jedi/models/sd15", origin: .imported, inUse: true,
                    bytes: 4_265_380_512),
                .init(
                    name: "toybox", folder: "/usr/share/jedi/Models/toybox", origin: .embedded, inUse: false,
                    bytes: 14_000_000),
                .init(
                    name: "old", folder: "/srv/old", origin: .configured, inUse: false, bytes: 0,
                    problem: "it cannot be read: Permission denied"),
            ])
    }

    static var check: ModelCheckReport {
        ModelCheckReport(
            folder: "/var/lib/jedi/models/sd15", usable: true, name: "sd15", modelHash: "a1b2c3d4e5f6a7b8",
            mode: "matched", width: 512, height: 512, memoryNeeded: 5_798_205_849)
    }

    static var configuration: ConfigurationReport {
        ConfigurationReport(
            files: ["/etc/jedi/jedid.yaml"],
            entries: [
                .init(key: "root", value: "/srv/jedi", origin: "command line"),
                .init(key: "settle", value: "2 s", origin: "default"),
                .init(key: "worker_idle", value: "10 min", origin: "/etc/jedi/jedid.yaml:7"),
            ], problem: "/etc/jedi/jedid.yaml:9: steps is 0; it must be from 1 to 1000", reloadedAt: now)
    }

    static var logs: LogReport {
        LogReport(
            lines: [
                .init(number: 41, at: now - 5, level: "info", text: "looked at 3 subjects"),
                .init(number: 42, at: now, level: "warning", text: "the disk is full"),
            ], last: 42, pid: 4242, older: "journalctl -u jedid")
    }

    static var facts: DaemonFacts {
        DaemonFacts(
            machine: MachineFacts(
                maximumWatches: 65_536, maximumQueuedEvents: 16_384, memoryTotal: 16 << 30,
                memoryAvailable: 12 << 30, processor: "Some Processor",
                processorFeatures: ["avx2", "avx512f", "avx512_bf16"],
                clock: 1_800_000_000), user: "jedi", runsUnderSystemd: true,
            root: .init(path: "/srv/jedi", readable: true, writable: true, freeBytes: 100 << 30),
            stateFolder: .init(path: "/var/lib/jedi", readable: true, writable: true, freeBytes: 100 << 30),
            folders: 3, freeBytesNeeded: 64 << 20,
            engine: EngineStatus(state: .ready, model: "toybox", modelHash: "a1b2c3d4e5f6a7b8"),
            memoryNeeded: 2 << 30, oneDNN: true, clockIsSet: true)
    }

    static var local: LocalFacts {
        LocalFacts(
            machine: facts.machine, hasSystemd: true, unitInstalled: true, unitActive: true, unitEnabled: true
        )
    }

    static var watch: WatchChange {
        WatchChange(
            at: now, event: .progress, text: "toby: step 12 of 30", job: jobs.jobs[0], subject: "toby",
            percent: 40)
    }

    static var reproduction: ReproductionReport {
        ReproductionReport(
            original: "old.png", picture: "/srv/jedi/toby/output/toby-0123456789-42.png", identical: false,
            sameImage: true, differences: ["the program was jedid 0.1.0 and is jedid 0.2.0"])
    }
}
