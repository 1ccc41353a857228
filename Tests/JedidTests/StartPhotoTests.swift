import Foundation
import Images
import Testing

/// Prompts that start from a photo: the real daemon, the real model, real signals.
@Suite(.serialized) struct StartPhotoTests {
    private typealias Daemon = WholeWayTests.Daemon

    private func file(_ name: String, of daemon: Daemon) -> URL {
        daemon.root.appendingPathComponent("striped-cat/\(name)")
    }

    /// White on its left half.
    private func addMask(_ name: String, to daemon: Daemon, side: Int = 128) throws {
        let bytes = (0..<side * side).flatMap {
            [UInt8](repeating: $0 % side < side / 2 ? 255 : 0, count: 3)
        }
        let png = try PNGEncoder.encode(RGBImage(width: side, height: side, pixels: bytes), text: [])
        try FileManager.default.createDirectory(
            at: daemon.root.appendingPathComponent("striped-cat"), withIntermediateDirectories: true)
        try Data(png).write(to: file(name, of: daemon))
    }

    private func picture(_ daemon: Daemon) throws -> String {
        file("output/" + (try #require(daemon.pictures("striped-cat").first)), of: daemon).path
    }

    private func note(_ daemon: Daemon) -> String {
        (try? String(contentsOf: file("prompt.error.txt", of: daemon), encoding: .utf8)) ?? ""
    }

    @Test func whatIsBlackInTheMaskStaysThePhotosAndItCanBeMadeAgain() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let process = try daemon.start()
            defer { process.terminate() }
            try addMask("left.mask.png", to: daemon)
            try daemon.drop(
                "striped-cat",
                prompt: "a cat in the snow --init 1.png --mask left.mask.png --steps 6 --size 96x128")
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            let path = try picture(daemon)
            let made = try PhotoDecoder.decode(contentsOf: path)
            let photo = try PhotoDecoder.decode(contentsOf: file("1.png", of: daemon).path)
                .croppedToFill(width: 96, height: 128)
            let mask = try PhotoDecoder.decode(contentsOf: file("left.mask.png", of: daemon).path)
                .croppedToFill(width: 96, height: 128)
            var changed = 0
            for pixel in 0..<96 * 128 {
                let range = 3 * pixel..<3 * pixel + 3
                if mask.pixels[3 * pixel] < 128 {
                    #expect(made.pixels[range] == photo.pixels[range])
                } else if made.pixels[range] != photo.pixels[range] {
                    changed += 1
                }
            }
            #expect(changed > 3000)

            // The mask is no reference, and all of it is told.
            let text = try PNGTextReader.read(contentsOf: path).map(\.text).joined()
            #expect(text.contains("Denoising strength: 1,") && text.contains("Init image: 1.png "))
            #expect(text.contains("Mask: left.mask.png ") && text.contains("References: \"0.png "))
            #expect(text.components(separatedBy: "left.mask.png").count == 2, "\(text)")
            let record = try String(contentsOfFile: path.dropLast(3) + "json", encoding: .utf8)
            #expect(record.contains("\"name\" : \"left.mask.png\"") && record.contains("\"strength\" : 1"))

            let same = try daemon.jedictl("reproduce", path)
            #expect(same.status == 0 && same.text.contains("bit for bit"), "\(same.text)\(same.errors)")
            try FileManager.default.removeItem(at: file("left.mask.png", of: daemon))
            let refused = try await Programs.wait {
                let outcome = try daemon.jedictl("reproduce", path)
                return outcome.status == 1 && outcome.errors.contains("the mask left.mask.png")
            }
            #expect(refused)
        }
    }

    @Test func killedInTheMiddleItGoesOnToTheSameBytes() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let first = try daemon.start()
            try addMask("mask.png", to: daemon)
            try daemon.drop(
                "striped-cat",
                prompt: "a cat on the beach --init 0.png --mask mask.png --strength 0.8 --steps 250")
            let kept = folder.appendingPathComponent("state/checkpoints").path
            let isUnderWay = try await Programs.wait {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: kept)) ?? []
                return names.contains { $0.hasSuffix(".checkpoint") }
            }
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            #expect(isUnderWay && daemon.pictures("striped-cat").isEmpty, "\(daemon.said)")

            let second = try daemon.start()
            defer { second.terminate() }
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            #expect(daemon.said.contains("goes on after step"), "\(daemon.said)")
            // In one go, and with everything said that was left to the model.
            let same = try daemon.jedictl("reproduce", try picture(daemon))
            #expect(same.status == 0 && same.text.contains("bit for bit"), "\(same.text)\(same.errors)")
        }
    }

    /// Its head and its end are a photo's; what lies between is not.
    @Test func aBrokenPhotoIsNamedUntilItIsMended() async throws {
        try await Programs.withFolder { folder in
            let daemon = Daemon(folder: folder)
            let process = try daemon.start()
            defer { process.terminate() }
            try addMask("mask.png", to: daemon)
            let whole = try Data(contentsOf: Programs.example("lime-car").appendingPathComponent("0.png"))
            var broken = whole
            for index in whole.count / 2..<whole.count / 2 + 200 { broken[index] = 0x55 }
            try broken.write(to: file("car.png", of: daemon))
            try daemon.drop(
                "striped-cat", prompt: "a car --init car.png --mode none --steps 4 --strength 0.5")
            let told = try await Programs.wait {
                note(daemon).contains("Line 1: the photo car.png cannot be used:")
            }
            #expect(told, "\(note(daemon))\n\(daemon.said)")
            #expect(daemon.pictures("striped-cat").isEmpty)
            try whole.write(to: file("car.png", of: daemon))
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            #expect(try await Programs.wait { note(daemon).isEmpty })
        }
    }
}
