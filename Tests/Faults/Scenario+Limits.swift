import Foundation
import SeededFaults

extension Scenario {
    /// More events at once than the kernel keeps, while the daemon is stopped.
    static let queueOverflow = Scenario(name: "event queue overflow", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let subjects = 8
        for number in 0..<subjects { try world.addSubject("subject\(number)", photos: 2, &random) }
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 1, haste: 5), world, programs: setting.programs)
        try daemon.waitUntilReady()
        let rounds = setting.isShort ? 1 : 5
        let limit =
            Int(
                (FileManager.default.contents(atPath: "/proc/sys/fs/inotify/max_queued_events")
                    .map { String(decoding: $0, as: UTF8.self) } ?? "").filter(\.isNumber)) ?? 16_384
        guard limit <= 200_000 else { return .skip("the kernel keeps \(limit) events, too many to overflow") }
        for round in 0..<rounds {
            kill(daemon.pid, SIGSTOP)
            // Each makes two events or three, and no two of them are one.
            for number in 0..<limit {
                let path = world.path("subject\(number % subjects)/junk\(number).dat")
                close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
                unlink(path)
            }
            for number in 0..<subjects { try world.wish(["picture \(round)"], of: "subject\(number)") }
            try world.addSubject("late\(round)", photos: 1, &random)
            try world.wish(["a late one"], of: "late\(round)")
            kill(daemon.pid, SIGCONT)
            try daemon.waitUntilIdle()
        }
        let log =
            FileManager.default.contents(atPath: daemon.log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let overflows = log.components(separatedBy: "more changes came at once").count - 1
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        guard overflows > 0 else { throw FaultError("no overflow came about") }
        return Outcome(
            deed: "\(rounds) bursts, \(overflows) overflows",
            census: try census + .take(of: world, store: daemon.store))
    }

    /// Fewer watches than subjects.
    static let watchLimit = Scenario(name: "watch limit", isQuick: true) { setting, world in
        guard UserNamespace.isEntered else { return .skip(UserNamespace.reason) }
        let limit = "/proc/sys/user/max_inotify_watches"
        let before = FileManager.default.contents(atPath: limit) ?? Data()
        guard Kernel.set(limit, "6") else {
            return .skip("\(limit) cannot be set")
        }
        defer { _ = Kernel.set(limit, String(decoding: before, as: UTF8.self)) }
        var random = SeededRandom(seed: setting.seed)
        let subjects = 12
        for number in 0..<subjects { try world.addSubject("subject\(number)", photos: 2, &random) }
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 1, haste: 10), world, programs: setting.programs)
        try daemon.waitUntilReady()
        try daemon.wait("a look at every subject") {
            let found = try daemon.client.status().subjects
            return found.count == subjects && found.allSatisfy { $0.backend != .none }
        }
        let polled = try daemon.client.status().subjects.count { $0.backend == .polling }
        for number in 0..<subjects { try world.wish(["picture"], of: "subject\(number)") }
        try daemon.wait("a picture of each subject") {
            try daemon.client.status().subjects.allSatisfy { $0.jobsDone == 1 }
        }
        // Where the limit is raised, the kernel tells again.
        _ = Kernel.set(limit, "100000")
        try daemon.wait("watches") {
            try daemon.client.status().subjects.allSatisfy { $0.backend == .inotify }
        }
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        guard polled > 0 else { throw FaultError("the limit did not hold") }
        return Outcome(
            deed: "\(subjects) subjects, \(polled) of them polled, then watched again",
            census: try census + .take(of: world, store: daemon.store))
    }

    /// A disk that fills up under the queue and the pictures, and gets room again.
    static let fullDisk = Scenario(name: "full disk", isQuick: true) { setting, world in
        guard UserNamespace.isEntered else { return .skip(UserNamespace.reason) }
        let disk = world.place + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        guard Kernel.mountSmallDisk(disk, megabytes: 16) else { return .skip("no tmpfs can be mounted") }
        defer { Kernel.unmount(disk) }
        let small = try World(place: disk)
        var random = SeededRandom(seed: setting.seed)
        for number in 0..<3 { try small.addSubject("subject\(number)", photos: 2, &random) }
        // No room is asked for before a job, so that it is the writing that fails. The log of the queue alone takes 4 MB.
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 1, haste: 20), small, programs: setting.programs,
            environment: ["JEDI_FAKE_FREE_BYTES": "0"])
        try daemon.waitUntilReady()
        let rounds = setting.isShort ? 3 : 20
        for round in 0..<rounds {
            for number in 0..<3 { try small.wish(["picture \(round)"], of: "subject\(number)") }
            rest(.milliseconds(Int.random(in: 0...100, using: &random)))
            // Everything that is left, to the last byte.
            Kernel.fill(disk + "/filler")
            rest(.milliseconds(Int.random(in: 100...600, using: &random)))
            unlink(disk + "/filler")
            try daemon.wait("every picture, once there is room,") {
                try daemon.client.status().subjects.map(\.jobsDone).reduce(0, +) >= 3 * (round + 1)
            }
            try daemon.waitUntilIdle()
        }
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(
            deed: "\(rounds) times to the last byte",
            census: try census + .take(of: small, store: daemon.store))
    }
}
