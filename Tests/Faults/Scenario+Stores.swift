import ControlAPI
import Foundation
import GRDB
import Glibc
import SeededFaults

extension Scenario {
    /// A queue whose file, or the log beside it, is damaged while half of it waits: the daemon must start; what the
    /// prompt files ask for must be made, once; and what only the queue knew must be made, or the loss be told.
    static let mutatedStores = Scenario(name: "mutated databases", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        // A thousand starts write much; that it is on the disk is not what is tried here.
        let world = access("/dev/shm", W_OK) == 0 ? try World(place: "/dev/shm/\(world.name)") : world
        let stores = try KilledStore(setting, world, &random)
        var census = Census()
        var (unharmed, putAside, saved) = (0, 0, 0)
        let count = setting.isShort ? 40 : 1000
        for number in 0..<count {
            try stores.restore()
            try stores.damage(number, setting.seed, &random)
            let daemon = try DaemonProcess(stores.kind, world, programs: setting.programs)
            try daemon.wait("an answer", pause: .milliseconds(5)) { (try? daemon.client.status()) != nil }
            // The wish to pause is in the queue's file, and may be lost with it.
            _ = try daemon.client.setPaused(false)
            do { try daemon.waitUntilIdle(limit: .seconds(30), pause: .milliseconds(8)) } catch {
                census.jobsLost.append("store \(number): \(error)")
            }
            let isTold = daemon.lastWords(50).contains("must be ordered again")
            census.note(daemon)
            daemon.kill9()
            let result = try Census.take(of: world, store: daemon.store)
            for lost in result.jobsLost where !(isTold && lost.contains("order ")) {
                census.jobsLost.append("store \(number): \(lost)")
            }
            // What failed without a fault of its own is as good as lost.
            census.jobsLost += result.told.map { "store \(number): \($0)" }
            census.doneTwice += result.doneTwice.map { "store \(number): \($0)" }
            census.filesChanged += result.filesChanged
            census.partialOutputs += result.partialOutputs.map { "store \(number): \($0)" }
            census.made = max(census.made, result.made)
            if !stores.isPutAside { unharmed += 1 } else if isTold { putAside += 1 } else { saved += 1 }
            if !result.isClean, census.jobsLost.count + census.doneTwice.count > 40 { break }
        }
        if census.isClean { world.remove() }
        return Outcome(
            deed:
                "\(count) files: \(unharmed) used as they are, \(saved) put aside with every job saved, \(putAside) put aside with the loss told",
            census: census)
    }
}

/// The files that a killed daemon left, of which each run gets a damaged copy.
private struct KilledStore {
    let kind = DaemonProcess.Kind.fake(stepMilliseconds: 0, haste: 100)
    private let world: World
    private let state: String
    /// By name: the file and its log as a kill leaves them, and a file that holds all of that.
    private let killed: [String: [UInt8]]
    private let whole: [UInt8]
    /// The pictures that were there by then.
    private let pictures: Set<String>

    /// Half of the pictures are made, the others wait in a queue that is paused.
    init(_ setting: Scenario.Setting, _ world: World, _ random: inout SeededRandom) throws {
        self.world = world
        for number in 0..<4 {
            try world.addSubject("subject\(number)", photos: 2, &random)
            try world.wish((0..<3).map { "picture \($0)" }, of: "subject\(number)")
        }
        let daemon = try DaemonProcess(kind, world, programs: setting.programs)
        state = daemon.state
        try daemon.waitUntilReady()
        try daemon.waitUntilIdle()
        _ = try daemon.client.setPaused(true)
        for number in 0..<4 {
            try world.wish((3..<6).map { "picture \($0)" }, of: "subject\(number)")
            let order = "order \(number)"
            _ = try daemon.client.generate(PictureOrder(subject: "subject\(number)", prompt: order))
            world.ordered(order, of: "subject\(number)")
        }
        try daemon.wait("the queue") { try daemon.client.status().waitingCount == 16 }
        daemon.kill9()
        var killed: [String: [UInt8]] = [:]
        for name in ["jobs.sqlite", "jobs.sqlite-wal"] {
            killed[name] = [UInt8](try Data(contentsOf: URL(filePath: state + "/" + name)))
        }
        self.killed = killed
        pictures = Set(Self.pictures(of: world))
        let database = try DatabaseQueue(path: daemon.store)
        try database.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try database.close()
        whole = [UInt8](try Data(contentsOf: URL(filePath: daemon.store)))
    }

    /// Takes back what a run did.
    func restore() throws {
        for picture in Self.pictures(of: world) where !pictures.contains(picture) { unlink(picture) }
        for name in try FileManager.default.contentsOfDirectory(atPath: state)
        where name.hasPrefix("jobs.sqlite") {
            try FileManager.default.removeItem(atPath: state + "/" + name)
        }
        unlink(world.place + "/jedid.log")
    }

    /// Puts a damaged copy in place: of the whole file, of the file under its log, or of the log.
    func damage(_ number: Int, _ seed: UInt64, _ random: inout SeededRandom) throws {
        var files = killed
        let target: String
        switch number % 4 {
        case 0: (files, target) = (["jobs.sqlite": whole], "jobs.sqlite")
        case 1: target = "jobs.sqlite"
        case 2: target = "jobs.sqlite-wal"
        default: (files, target) = (["jobs.sqlite": whole], "jobs.sqlite")
        }
        guard let sound = files[target] else { return }
        if target.hasSuffix("-wal") {
            // Its end stays as it is: an end that is cut off is what a power cut leaves, and no damage.
            let end = sound.count * 3 / 4
            files[target] =
                Mutator(seeds: [Array(sound[..<end])]).input(seed: seed, number: number + 1) + sound[end...]
        } else if number % 4 == 3 {
            // As disks do it: a sector, a page or the rest of the file is something else.
            var bytes = sound
            let sector = 512 * Int.random(in: 0..<bytes.count / 512, using: &random)
            let length = [512, 4096, bytes.count].randomElement(using: &random) ?? 512
            let noise = Bool.random(using: &random)
            for place in sector..<min(bytes.count, sector + length) {
                bytes[place] = noise ? UInt8(truncatingIfNeeded: random.next()) : 0
            }
            files[target] = bytes
        } else {
            files[target] = Mutator(seeds: [sound]).input(seed: seed, number: number + 1)
        }
        for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: state + "/" + name)) }
    }

    var isPutAside: Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: state)) ?? [])
            .contains { $0.hasPrefix("jobs.sqlite.damaged") }
    }

    private static func pictures(of world: World) -> [String] {
        world.wishes.keys.flatMap { subject -> [String] in
            let folder = world.path("\(subject)/output")
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map {
                folder + "/" + $0
            }
        }
    }
}
