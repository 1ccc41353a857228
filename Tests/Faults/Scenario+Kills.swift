import Glibc
import SeededFaults

extension Scenario {
    /// kill -9 at random moments, the daemon's or its worker's, while the owner goes on asking for pictures.
    static let kills = Scenario(name: "kill -9", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let (subjects, rounds) = setting.isShort ? (3, 12) : (8, 200)
        for number in 0..<subjects { try world.addSubject("subject\(number)", photos: 3, &random) }
        var census = Census()
        var (daemons, workers) = (0, 0)
        var daemon = try DaemonProcess(.real, world, programs: setting.programs)
        for round in 0..<rounds {
            try world.wish(["picture \(round)"], of: "subject\(round % subjects)")
            // From before the socket stands to the midst of a picture.
            rest(.milliseconds(Int.random(in: 5...2500, using: &random)))
            census.note(daemon)
            if Bool.random(using: &random), let worker = daemon.worker {
                kill(worker, SIGKILL)
                workers += 1
            } else {
                daemon.kill9()
                daemons += 1
            }
            if !daemon.isRunning { daemon = try DaemonProcess(.real, world, programs: setting.programs) }
        }
        try daemon.waitUntilReady()
        try daemon.waitUntilIdle()
        census.note(daemon)
        if daemon.terminate() != 0 { census.daemonDeaths.append("SIGTERM: \(daemon.lastWords)") }
        census = try census + .take(of: world, store: daemon.store)
        return Outcome(deed: "\(daemons) times the daemon, \(workers) times its worker", census: census)
    }
}
