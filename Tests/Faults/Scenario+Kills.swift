import ControlAPI
import Glibc
import SeededFaults

extension Scenario {
    /// kill -9 at random moments, the daemon's or its worker's, while the owner goes on asking for pictures, orders
    /// some, takes some back, and pauses and resumes the queue.
    static let kills = Scenario(name: "kill -9", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        try world.setSteps(8)
        let (subjects, rounds) = setting.isShort ? (3, 12) : (8, 200)
        for number in 0..<subjects { try world.addSubject("subject\(number)", photos: 3, &random) }
        var census = Census()
        var (daemons, workers, orders) = (0, 0, 0)
        var daemon = try DaemonProcess(.real, world, programs: setting.programs)
        for round in 0..<rounds {
            let subject = "subject\(round % subjects)"
            try world.wish(["picture \(round)"], of: subject)
            // From before the socket stands to the midst of a picture.
            rest(.milliseconds(Int.random(in: 5...1500, using: &random)))
            if give(order: Int.random(in: 0..<8, using: &random), round, of: subject, daemon, world) {
                orders += 1
            }
            rest(.milliseconds(Int.random(in: 0...1000, using: &random)))
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
        _ = try daemon.client.setPaused(false)
        try daemon.waitUntilIdle()
        // What was taken back, and what was killed too often to be tried once more, is made in the end.
        let again = (try? daemon.client.retry(JobSelection(all: true)).jobs.count) ?? 0
        try daemon.waitUntilIdle()
        census.note(daemon)
        if daemon.terminate() != 0 { census.daemonDeaths.append("SIGTERM: \(daemon.lastWords)") }
        census = try census + .take(of: world, store: daemon.store)
        census.jobsLost += census.told
        return Outcome(
            deed:
                "\(daemons) times the daemon, \(workers) times its worker, between \(orders) orders; \(again) jobs tried again by hand",
            census: census)
    }

    /// What a person does to the queue.
    /// - Returns: whether the daemon took it.
    private static func give(
        order: Int, _ round: Int, of subject: String, _ daemon: DaemonProcess, _ world: World
    ) -> Bool {
        do {
            let client = daemon.client
            switch order {
            case 0: _ = try client.setPaused(true)
            case 1, 2: _ = try client.setPaused(false)
            case 3: _ = try client.cancel(JobSelection(subject: subject))
            case 4: _ = try client.retry(JobSelection(all: true))
            case 5:
                let prompt = "order \(round)"
                guard try client.generate(PictureOrder(subject: subject, prompt: prompt)).jobs.count == 1
                else { return false }
                world.ordered(prompt, of: subject)
            case 6:
                guard let job = try client.jobs(JobQuery(states: [.queued])).jobs.last else { return false }
                _ = try client.move(job.id, to: .first)
            default: _ = try client.prioritize(JobSelection(subject: subject), 1)
            }
            return true
        } catch {
            // Not up yet, or nothing to do it to.
            return false
        }
    }
}
