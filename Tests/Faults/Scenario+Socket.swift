import Foundation
import SeededFaults

extension Scenario {
    /// Requests that no client sends.
    static let mutatedMessages = Scenario(name: "mutated socket messages", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let folder = URL(filePath: setting.tests + "/Fuzz/Corpus/request")
        let seeds = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
        let mutator = Mutator(
            seeds: seeds, words: ["\"version\":", "status", "\n", "{", "[["].map { Array($0.utf8) })
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 20, haste: 20), world, programs: setting.programs)
        try daemon.waitUntilReady()
        try world.addSubject("subject", photos: 2, &random)
        try world.wish((0..<5).map { "picture \($0)" }, of: "subject")
        let count = setting.isShort ? 200 : 1000
        for number in 0..<count {
            guard let client = RawClient(daemon.state + "/jedid.sock") else {
                throw FaultError("the socket takes no client after \(number) messages: \(daemon.lastWords)")
            }
            client.send(mutator.input(seed: setting.seed, number: number + seeds.count) + [10])
            if number.isMultiple(of: 3) { _ = client.receive(seconds: 1) }
        }
        _ = try daemon.client.status()
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(deed: "\(count) messages", census: try census + .take(of: world, store: daemon.store))
    }

    /// A thousand clients at once: some ask, some are silent, some send a byte now and then, some never end a line.
    static let socketFlood = Scenario(name: "socket flood", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let daemon = try DaemonProcess(
            .fake(stepMilliseconds: 20, haste: 1), world, programs: setting.programs)
        try daemon.waitUntilReady()
        let count = setting.isShort ? 300 : 1000
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 4096))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try world.addSubject("subject", photos: 2, &random)
        try world.wish((0..<5).map { "picture \($0)" }, of: "subject")
        let request = Array("{\"version\":1,\"id\":1,\"command\":\"status\"}".utf8)
        var clients: [RawClient] = []
        var refused = 0
        for number in 0..<count {
            guard let client = RawClient(daemon.state + "/jedid.sock") else {
                refused += 1
                continue
            }
            clients.append(client)
            switch number % 4 {
            case 0: client.send(request + [10])
            case 1: break
            case 2: client.send(Array(request.prefix(number % request.count)))
            default: client.send([UInt8](repeating: 0x7B, count: 100_000))
            }
        }
        // The slow ones go on, a byte at a time, for as long as an honest client asks.
        for place in 0..<20 {
            for (number, client) in clients.enumerated() where number % 4 == 2 {
                client.send([request[(number + place) % request.count]])
            }
        }
        var answered = false
        try daemon.wait("an answer to an honest client") {
            answered = (try? daemon.client.status()) != nil
            return answered
        }
        try daemon.waitUntilIdle()
        clients.removeAll()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(
            deed: "\(count) clients at once, \(refused) not let in",
            census: try census + .take(of: world, store: daemon.store))
    }
}
