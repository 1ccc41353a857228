import Foundation
import SeededFaults

extension Scenario {
    /// Photos and prompts that arrive in pieces, in files of their full size, by rename, or cut off and mended.
    static let growingFiles = Scenario(name: "half-copied and growing files", isQuick: true) {
        setting, world in
        var random = SeededRandom(seed: setting.seed)
        try world.setSteps(4)
        let daemon = try DaemonProcess(.real, world, programs: setting.programs)
        try daemon.waitUntilReady()
        let subjects = setting.isShort ? 4 : 40
        for number in 0..<subjects {
            let name = "subject\(number)"
            try world.makeFolder(name)
            for photo in 0..<3 {
                let bytes = try World.photo(&random, side: 96)
                let file = "\(name)/photo\(photo).png"
                switch (number + photo) % 4 {
                case 0:
                    try world.write(
                        file, bytes, pieces: 6, pause: .milliseconds(Int.random(in: 1...300, using: &random)))
                case 1: try world.moveIn(file, bytes)
                case 2:
                    // Its full size at once, its contents later.
                    try world.write(file, [UInt8](repeating: 0, count: bytes.count))
                    rest(.milliseconds(Int.random(in: 1...300, using: &random)))
                    try world.write(file, bytes)
                default:
                    // Cut off for longer than a file is given to settle.
                    try world.write(file, Array(bytes.dropLast(40)))
                    if !setting.isShort && number % 8 == 0 { rest(.seconds(3)) }
                    try world.write(file, bytes)
                }
            }
            let prompts = (0..<2).map { "picture \($0) of \(name)" }
            try world.wish(prompts, of: name)
            try world.write(
                "\(name)/prompt.txt", Array((prompts.joined(separator: "\n") + "\n").utf8), pieces: 5,
                pause: .milliseconds(Int.random(in: 1...200, using: &random)))
        }
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(
            deed: "\(subjects * 3) photos, \(subjects) prompt files",
            census: try census + .take(of: world, store: daemon.store))
    }

    /// Photos that nobody took.
    static let mutatedPhotos = Scenario(name: "mutated photos", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let folder = URL(filePath: setting.tests + "/ImagesTests/Fixtures")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { name in [".jpg", ".png", ".heic", ".webp"].contains { name.hasSuffix($0) } }
        let seeds = try names.map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
        let count = setting.isShort ? 60 : 1000
        let each = 15
        for number in 0..<count {
            let subject = "subject\(number / each)"
            if number % each == 0 {
                try world.addSubject(subject, photos: 1, &random)
                try world.wish(["a picture in spite of it"], of: subject)
            }
            let place = Int.random(in: 0..<seeds.count, using: &random)
            let bytes = Mutator(seeds: [seeds[place]]).input(seed: setting.seed, number: number + 1)
            try world.write("\(subject)/bad\(number)-\(names[place])", bytes)
        }
        try world.setSteps(4)
        let daemon = try DaemonProcess(.real, world, programs: setting.programs)
        try daemon.waitUntilReady()
        try daemon.waitUntilIdle()
        var census = Census()
        census.note(daemon)
        daemon.terminate()
        return Outcome(deed: "\(count) photos", census: try census + .take(of: world, store: daemon.store))
    }

    /// Prompt files that nobody wrote. What they ask for cannot be foretold; the daemon must say or do something.
    static let mutatedPrompts = Scenario(name: "mutated prompts", isQuick: true) { setting, world in
        var random = SeededRandom(seed: setting.seed)
        let folder = URL(filePath: setting.tests + "/Fuzz/Corpus/prompt")
        let seeds = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
        let mutator = Mutator(seeds: seeds)
        let count = setting.isShort ? 100 : 1000
        var census = Census()
        var (pictures, told) = (0, 0)
        // As many at once as a status lists.
        for first in stride(from: 0, to: count, by: 100) {
            let world = try World(place: "\(world.place)/\(first)")
            for number in first..<first + 100 {
                let name = "subject\(number)"
                try world.addSubject(name, photos: 1, &random)
                try world.write(
                    name + "/prompt.txt", mutator.input(seed: setting.seed, number: number + seeds.count))
            }
            let daemon = try DaemonProcess(
                .fake(stepMilliseconds: 0, haste: 20), world, programs: setting.programs)
            try daemon.waitUntilReady()
            try daemon.waitUntilIdle()
            census.note(daemon)
            let status = try daemon.client.status()
            for subject in status.subjects where subject.jobsDone == 0 {
                told += 1
                let note = world.path("\(subject.name)/prompt.error.txt")
                if !FileManager.default.fileExists(atPath: note) {
                    census.jobsLost.append("\(subject.name): no picture and no word why")
                }
            }
            daemon.terminate()
            let done = status.subjects.map(\.jobsDone).reduce(0, +)
            let part = try Census.take(of: world, store: nil)
            if part.made != done { census.doneTwice.append("\(part.made) pictures of \(done) jobs") }
            pictures += done
            census = census + part
        }
        return Outcome(
            deed: "\(count) files; \(pictures) pictures, \(told) refused with a word", census: census)
    }
}
