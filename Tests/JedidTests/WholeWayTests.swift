import Foundation
import Images
import Testing

/// Photos and a prompt in, pictures out: the real daemon, the real model, real signals.
@Suite(.serialized) struct WholeWayTests {
    /// A daemon on folders of its own.
    struct Daemon {
        let folder: URL
        var root: URL { folder.appendingPathComponent("root") }
        var socketPath: String { folder.appendingPathComponent("jedid.sock").path }
        private var log: URL { folder.appendingPathComponent("log") }

        func start(options: [String] = []) throws -> Process {
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            return try Programs.start(
                "jedid",
                [
                    "run", "--root", root.path, "--model", Programs.model, "--socket", socketPath, "--state",
                    folder.appendingPathComponent("state").path,
                ] + options, errors: log)
        }

        func drop(_ example: String, prompt: String, withPhotos: Bool = true) throws {
            let subject = root.appendingPathComponent(example)
            try FileManager.default.createDirectory(at: subject, withIntermediateDirectories: true)
            for name in withPhotos ? ["0.png", "1.png", "2.png", "3.png"] : [] {
                try FileManager.default.copyItem(
                    at: Programs.example(example).appendingPathComponent(name),
                    to: subject.appendingPathComponent(name))
            }
            try Data(prompt.utf8).write(to: subject.appendingPathComponent("prompt.txt"))
        }

        func pictures(_ subject: String) -> [String] {
            let output = root.appendingPathComponent("\(subject)/output").path
            return ((try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []).filter {
                $0.hasSuffix(".png")
            }.sorted()
        }

        func status() throws -> Programs.Outcome { try jedictl("status", "--json") }

        func jedictl(_ arguments: String...) throws -> Programs.Outcome {
            try Programs.run("jedictl", arguments + ["--socket", socketPath])
        }

        /// What `/proc/PID/status` says of its memory, in kB.
        static func residentKilobytes(_ process: Process) throws -> Int {
            let facts = try String(
                contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let line = try #require(facts.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        }

        var said: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
    }

    @Test func photosAndAPromptBecomePictures() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let process = try daemon.start()
            defer { process.terminate() }
            try daemon.drop(
                "striped-cat", prompt: "# two\na photo of the cat in the snow\n\nthe cat on the beach\n")
            let made = try await Programs.wait { daemon.pictures("striped-cat").count == 2 }
            #expect(made, "\(daemon.said)")
            for name in daemon.pictures("striped-cat") {
                let path = daemon.root.appendingPathComponent("striped-cat/output/\(name)").path
                #expect(try PhotoDecoder.decode(contentsOf: path).width == 128)
                let text = try PNGTextReader.read(contentsOf: path).map(\.text).joined()
                #expect(text.contains("Reference mode: cached") && text.contains("3.png"))
            }
            let status = try daemon.status()
            #expect(status.status == 0, "\(status.errors)")
            #expect(status.text.contains("toybox"))

            // The same again after a stop: nothing is made twice.
            let names = daemon.pictures("striped-cat")
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(daemon.said)")
            let again = try daemon.start()
            defer { again.terminate() }
            try daemon.drop("lime-car", prompt: "the car in the forest")
            #expect(try await Programs.wait { daemon.pictures("lime-car").count == 1 }, "\(daemon.said)")
            #expect(daemon.pictures("striped-cat") == names)
        }
    }

    /// Each photo passes through the model once, also for another prompt and another daemon.
    @Test func whatPhotosLeaveBehindIsKept() async throws {
        struct Report: Decodable {
            struct Entry: Decodable {
                let bytes: Int
                let keysValuesBytes: Int?
            }
            let entries: [Entry]
            let damaged: [String]
        }
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let kept = folder.appendingPathComponent("state/ReferenceCache/KeysValues")
            func files() throws -> [String: Int] {
                let names = try FileManager.default.contentsOfDirectory(atPath: kept.path)
                return Dictionary(
                    uniqueKeysWithValues: try names.map { name in
                        let path = kept.appendingPathComponent(name).path
                        let facts = try FileManager.default.attributesOfItem(atPath: path)
                        return (name, try #require(facts[.systemFileNumber] as? Int))
                    })
            }
            func report(_ arguments: String...) throws -> Report {
                let outcome = try Programs.run(
                    "jedictl", ["cache"] + arguments + ["--json", "--socket", daemon.socketPath])
                return try JSONDecoder().decode(Report.self, from: Data(outcome.text.utf8))
            }
            let first = try daemon.start()
            try daemon.drop("striped-cat", prompt: "the cat in the snow --photos 1.png 3.png --steps 4\n")
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            let before = try files()
            #expect(before.count == 2)
            first.terminate()
            first.waitUntilExit()

            let second = try daemon.start()
            defer { second.terminate() }
            try daemon.drop(
                "striped-cat", prompt: "the cat on the beach --photos 0.png 1.png 3.png --steps 4\n",
                withPhotos: false)
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 2 }, "\(daemon.said)")
            let after = try files()
            #expect(after.count == 3)
            #expect(before.allSatisfy { after[$0.key] == $0.value })
            #expect(try report("list").entries.allSatisfy { ($0.keysValuesBytes ?? 0) > $0.bytes })

            let name = try #require(after.keys.first)
            let path = kept.appendingPathComponent(name)
            var bytes = try Data(contentsOf: path)
            bytes[bytes.count - 5] ^= 1
            try bytes.write(to: path)
            #expect(try report("verify").damaged == [name])
            #expect(try files().count == 2)
            #expect(try report("clear", "--all").entries.isEmpty)
            #expect(try files().isEmpty)
        }
    }

    @Test func killedInTheMiddleItGoesOn() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let lines = (0..<6).map { "a photo of the cat \($0)" }.joined(separator: "\n")
            var process = try daemon.start()
            try daemon.drop("green-cat", prompt: lines)
            for finished in [1, 3] {
                let reached = try await Programs.wait { daemon.pictures("green-cat").count >= finished }
                #expect(reached, "\(daemon.said)")
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                process = try daemon.start()
            }
            defer { process.terminate() }
            let all = try await Programs.wait { daemon.pictures("green-cat").count >= 6 }
            #expect(all, "\(daemon.said)")
            // One picture for each line, each whole, and nothing half-written left over.
            var prompts: Set<Substring> = []
            for name in daemon.pictures("green-cat") {
                let path = daemon.root.appendingPathComponent("green-cat/output/\(name)").path
                let text = try #require(PNGTextReader.read(contentsOf: path).first).text
                prompts.insert(try #require(text.split(separator: "\n").first))
                _ = try PhotoDecoder.decode(contentsOf: path)
            }
            #expect(prompts.count == 6)
            #expect(daemon.pictures("green-cat").count == 6)
        }
    }

    @Test func aPictureIsMadeAgainFromWhatItSaysOfItself() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let process = try daemon.start()
            defer { process.terminate() }
            try daemon.drop(
                "striped-cat",
                prompt:
                    "a cat on the beach --seed 7 --steps 6 --sampler euler --photos 1.png 3.png --negative_prompt snow"
            )
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            let picture = daemon.root.appendingPathComponent("striped-cat/output")
                .appendingPathComponent(try #require(daemon.pictures("striped-cat").first))
            let same = try daemon.jedictl("reproduce", picture.path)
            #expect(same.status == 0 && same.text.contains("bit for bit"), "\(same.text)\(same.errors)")

            // One bit of its pixels, and it is another picture.
            var bytes = try Data(contentsOf: picture)
            let other = try #require(
                PNGTextReader.read(contentsOf: picture.path).first
            ).text
            #expect(other.contains("Seed: 7") && other.contains("1.png") && !other.contains("0.png"))
            let middle = bytes.count / 2
            bytes[middle] ^= 1
            let changed = folder.appendingPathComponent("changed.png")
            try bytes.write(to: changed)
            let refused = try daemon.jedictl("reproduce", changed.path)
            #expect(refused.status == 1, "\(refused.text)\(refused.errors)")
        }
    }

    @Test func theDaemonItselfStaysSmall() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let process = try daemon.start()
            defer { process.terminate() }
            try daemon.drop("striped-cat", prompt: "a photo of the cat in the snow")
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            _ = try daemon.status()
            let kilobytes = try Daemon.residentKilobytes(process)
            #expect(kilobytes < 40_000, "VmRSS is \(kilobytes) kB")
        }
    }

    @Test func withoutADaemonTheClientSaysWhatToDo() async throws {
        try await Programs.withFolder { folder in
            let outcome = try Daemon(folder: folder).status()
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("not running"), "\(outcome.errors)")
        }
    }
}
