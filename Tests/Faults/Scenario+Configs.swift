import Foundation
import SeededFaults

extension Scenario {
    /// Configuration files that nobody wrote: read again by SIGHUP while pictures are made, and some at a start.
    static let mutatedConfigs = Scenario(name: "mutated configs", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let sound = Array(soundConfiguration.utf8)
        let mutator = Mutator(seeds: [sound], words: words.map { Array($0.utf8) })
        let path = world.place + "/jedid.yaml"
        try Data(sound).write(to: URL(filePath: path))
        for number in 0..<3 { try world.addSubject("subject\(number)", photos: 2, &random) }
        let count = setting.isShort ? 60 : 1000
        var census = Census()
        var (starts, refusals) = (0, 0)
        var daemon = try DaemonProcess(
            .real, world, programs: setting.programs, arguments: ["--config", path])
        try daemon.waitUntilReady()
        for number in 0..<count {
            try Data(mutator.input(seed: setting.seed, number: number + 1)).write(to: URL(filePath: path))
            if number.isMultiple(of: 25) {
                // At a start it is refused, by its name, or holds.
                census.note(daemon)
                daemon.terminate()
                daemon = try DaemonProcess(
                    .real, world, programs: setting.programs, arguments: ["--config", path])
                while daemon.isRunning && (try? daemon.client.status()) == nil { rest(.milliseconds(10)) }
                if daemon.isRunning {
                    starts += 1
                } else {
                    refusals += 1
                    if daemon.crashed || !daemon.lastWords.contains("jedid.yaml") {
                        census.daemonDeaths.append("config \(number): \(daemon.death ?? "")")
                    }
                    try Data(sound).write(to: URL(filePath: path))
                    daemon = try DaemonProcess(
                        .real, world, programs: setting.programs, arguments: ["--config", path])
                    try daemon.waitUntilReady()
                }
            } else {
                kill(daemon.pid, SIGHUP)
                rest(.milliseconds(Int.random(in: 1...20, using: &random)))
                if number.isMultiple(of: 10) { _ = try daemon.client.status() }
            }
            if number.isMultiple(of: 20) {
                try world.wish(["picture \(number)"], of: "subject\(number / 20 % 3)")
            }
        }
        // What a changed file said holds no longer.
        try Data(sound).write(to: URL(filePath: path))
        kill(daemon.pid, SIGHUP)
        try daemon.waitUntilIdle()
        census.note(daemon)
        daemon.terminate()
        census = try census + .take(of: world, store: daemon.store)
        census.jobsLost += census.told
        return Outcome(
            deed:
                "\(count) files: \(starts) starts with one, \(refusals) refusals that name it, the rest by SIGHUP",
            census: census)
    }

    /// Without rules that remove pictures and without hooks: what a mutated one removes or runs was asked for.
    private static let soundConfiguration = """
        # The configuration of jedid.
        log: info
        settle: 100 ms
        incomplete: 1 s
        reconcile: 2 min
        poll: 500 ms
        gather: 5 ms
        watch_retry: 1 min
        retry: 1 s
        free_space: 1 MiB
        worker_idle: 5 min
        client_idle: 30 s
        defaults:
          steps: 4
          priority: 0

        """

    private static let words = [
        ":", "- ", "[", "{", "&a", "*a", "!!int ", "\"", "'", "|", ">", "null", "-1", "1e400", " min",
        "%YAML", "---\n",
    ]
}
