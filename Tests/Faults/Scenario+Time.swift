import Foundation
import SeededFaults

extension Scenario {
    /// A calendar's clock that jumps by minutes, days and years, forwards and back, under a running daemon.
    static let clockJumps = Scenario(name: "clock jumps", isQuick: true) { setting, world in
        let clock = world.place + "/clock"
        try Data("0\n".utf8).write(to: URL(filePath: clock))
        var random = SeededRandom(seed: setting.seed)
        for number in 0..<3 { try world.addSubject("subject\(number)", photos: 2, &random) }
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 5, haste: 20), world, programs: setting.programs,
            environment: ["JEDI_FAKE_CLOCK": clock])
        try daemon.waitUntilReady()
        let (minute, day) = (60, 86_400)
        let jumps = [
            0, 59, -59, 60 * minute, -60 * minute, day, -day, 400 * day, -400 * day, 3650 * day, -3650 * day,
        ]
        let rounds = setting.isShort ? 8 : 60
        for round in 0..<rounds {
            try Data("\(jumps.randomElement(using: &random) ?? 0)\n".utf8).write(
                to: URL(filePath: clock))
            try world.wish(["picture \(round)"], of: "subject\(round % 3)")
            rest(.milliseconds(Int.random(in: 10...300, using: &random)))
        }
        try daemon.wait("every picture") {
            try daemon.client.status().subjects.map(\.jobsDone).reduce(0, +) >= rounds
        }
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(deed: "\(rounds) jumps", census: try census + .take(of: world, store: daemon.store))
    }

    /// Three hours by the daemon's own clocks, each of its times divided by sixty: an owner who comes and goes, adds,
    /// changes and takes away. What it needs at the end is what it needed at the beginning.
    static let soak = Scenario(name: "soak", isQuick: false) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let haste = 60.0
        let hours = setting.isShort ? 0.25 : 3.0
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 1, haste: haste), world, programs: setting.programs)
        try daemon.waitUntilReady()
        let began = ContinuousClock.now
        let whole = Duration.seconds(hours * 3600 / haste)
        var course = ResourceCourse()
        var (events, newest) = (0, 0)
        var present: [String] = []
        while .now - began < whole {
            events += 1
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1 where present.count < 12:
                newest += 1
                present.append("subject\(newest)")
                try world.addSubject("subject\(newest)", photos: 2, &random)
            case 2 where present.count > 8:
                // Not before its pictures are made, so that it is clear what may be missed.
                try daemon.waitUntilIdle()
                try world.removeSubject(present.removeFirst())
            case 3:
                if let name = present.randomElement(using: &random) {
                    try world.write("\(name)/notes.txt", Array("note \(events)".utf8))
                }
            case 4:
                _ = RawClient(daemon.state + "/jedid.sock")
            case 5...6:
                if let name = present.randomElement(using: &random), let wishes = world.wishes[name],
                    !wishes.isEmpty
                {
                    // Saved again as it is.
                    try world.wish([], of: name)
                }
            default:
                if let name = present.randomElement(using: &random), (world.wishes[name]?.count ?? 0) < 40 {
                    try world.wish(["picture \(events)"], of: name)
                }
            }
            _ = try daemon.client.status()
            course.note(daemon, at: (.now - began) / whole)
            rest(.milliseconds(Int.random(in: 1...120, using: &random)))
        }
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        census = try census + .take(of: world, store: daemon.store)
        if let growth = course.growth { throw FaultError("the daemon grows: \(growth)") }
        return Outcome(deed: "\(hours) hours, \(events) events; \(course.summary)", census: census)
    }
}
