import Foundation
import SeededFaults

extension Scenario {
    /// A queue whose file is damaged: the daemon must start and know what it knew, or say what is wrong and leave
    /// the file; and what the owner asked for must be made, or be there, in the end.
    static let mutatedStores = Scenario(name: "mutated databases", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let kind = DaemonProcess.Kind.fake(stepMilliseconds: 0, haste: 20)
        for number in 0..<5 {
            try world.addSubject("subject\(number)", photos: 2, &random)
            try world.wish((0..<4).map { "picture \($0)" }, of: "subject\(number)")
        }
        let first = try DaemonProcess(kind, world, programs: setting.programs)
        try first.waitUntilReady()
        try first.waitUntilIdle()
        first.terminate()
        let sound = [UInt8](try Data(contentsOf: URL(filePath: first.store)))
        var census = Census()
        var (refused, started, setAside) = (0, 0, 0)
        let count = setting.isShort ? 20 : 1000
        for number in 0..<count {
            for name in try FileManager.default.contentsOfDirectory(atPath: first.state)
            where name.hasPrefix("jobs.sqlite") {
                try FileManager.default.removeItem(atPath: first.state + "/" + name)
            }
            var bytes = Mutator(seeds: [sound]).input(seed: setting.seed, number: number + 1)
            if number.isMultiple(of: 4) {
                bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            }
            try Data(bytes).write(to: URL(filePath: first.store))
            let daemon = try DaemonProcess(kind, world, programs: setting.programs)
            var answers = false
            while daemon.isRunning && !answers {
                answers = (try? daemon.client.status()) != nil
                rest(.milliseconds(5))
            }
            if answers {
                try daemon.waitUntilIdle()
                started += 1
                let names = try FileManager.default.contentsOfDirectory(atPath: first.state)
                if names.contains(where: { $0.hasPrefix("jobs.sqlite.damaged") }) { setAside += 1 }
                census.note(daemon)
            } else if daemon.crashed {
                census.daemonDeaths.append("store \(number): \(daemon.death ?? "")")
            } else if daemon.lastWords.contains("jobs.sqlite") {
                refused += 1
            } else {
                census.daemonDeaths.append(
                    "store \(number): it ended without a word on the file: \(daemon.lastWords)")
            }
            daemon.kill9()
        }
        // With a file that is sound or fresh, everything is there once.
        for name in try FileManager.default.contentsOfDirectory(atPath: first.state)
        where name.hasPrefix("jobs.sqlite") {
            try FileManager.default.removeItem(atPath: first.state + "/" + name)
        }
        let last = try DaemonProcess(kind, world, programs: setting.programs)
        try last.waitUntilReady()
        try last.waitUntilIdle()
        last.terminate()
        census = try census + .take(of: world, store: last.store)
        return Outcome(
            deed:
                "\(count) files: \(started) starts (\(setAside) with the file put aside), \(refused) refusals that name it",
            census: census)
    }
}
