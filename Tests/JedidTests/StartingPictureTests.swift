import Foundation
import Images
import Testing

/// `jedid generate --init`, `--mask` and what is added to a model, as a person uses them.
@Suite struct StartingPictureTests {
    /// A picture of other proportions.
    static var wide: String { Programs.package.appendingPathComponent("examples/picture.png").path }
    static var photo: String { Programs.example("lime-car").appendingPathComponent("0.png").path }

    /// Runs to two steps with those arguments and gives the picture and its record.
    private func picture(_ folder: URL, _ arguments: [String]) throws -> (pixels: [UInt8], record: String) {
        let path = folder.appendingPathComponent("\(UUID().uuidString).png").path
        let outcome = try Programs.run(
            "jedid",
            [
                "generate", "--model", Programs.model, "--steps", "4", "--seed", "3", "--prompt", "a cat",
                "-o", path,
            ] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return (
            try PhotoDecoder.decode(contentsOf: path).pixels,
            try PNGTextReader.read(contentsOf: path).map(\.text).joined()
        )
    }

    @Test func whatIsBlackInTheMaskStaysThePhotos() async throws {
        try await Programs.withFolder { folder in
            let known = try PhotoDecoder.decode(contentsOf: Self.photo).croppedToFill(width: 128, height: 128)
            let mask = folder.appendingPathComponent("mask.png").path
            let bytes = (0..<128 * 128).flatMap { [UInt8](repeating: $0 % 128 < 64 ? 255 : 0, count: 3) }
            let png = try PNGEncoder.encode(RGBImage(width: 128, height: 128, pixels: bytes), text: [])
            try Data(png).write(to: URL(fileURLWithPath: mask))
            let made = try picture(folder, ["--init", Self.photo, "--mask", mask])
            var changed = 0
            for pixel in 0..<128 * 128 {
                let range = 3 * pixel..<3 * pixel + 3
                if pixel % 128 >= 64 { #expect(made.pixels[range] == known.pixels[range]) }
                if pixel % 128 < 64, made.pixels[range] != known.pixels[range] { changed += 1 }
            }
            #expect(changed > 4000)
            #expect(made.record.contains("Denoising strength: 1,"))
            #expect(made.record.contains("Init image: 0.png ") && made.record.contains("Mask: mask.png "))
        }
    }

    /// The less strength, the more of the photo is left.
    @Test func strengthSaysHowMuchIsLeft() async throws {
        try await Programs.withFolder { folder in
            let known = try PhotoDecoder.decode(contentsOf: Self.photo).croppedToFill(width: 128, height: 128)
            let differences = try ["0.25", "1"].map { strength in
                let made = try picture(folder, ["--init", Self.photo, "--strength", strength]).pixels
                return zip(made, known.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            }
            #expect(differences[0] < differences[1])
        }
    }

    /// Arguments, and what the message must name.
    static let mistakes: [([String], String)] = [
        (["--mask", photo], "--init"), (["--strength", "0.5"], "--init"),
        (["--init", photo, "--mask", wide], "a mask must have its photo's size, or its proportions"),
        (["--init", photo, "--strength", "0"], "strength"), (["--init", "/nowhere/x.png"], "/nowhere/x.png"),
        (["--init", photo, "--mask", "/nowhere/m.png"], "/nowhere/m.png"),
        (["--clip-skip", "99"], "clip skip"), (["--eta", "0.5", "--sampler", "euler"], "eta"),
        (["--deep-every", "0"], "from 1"), (["--guidance-interval", "5"], "two noise levels"),
        (["--lora", "/nowhere/x.safetensors:0.5"], "/nowhere/x.safetensors"), (["--lora", ":1"], "lora"),
        (["--vae", "/nowhere/vae"], "/nowhere/vae/config.json"),
        (["--embedding", "/nowhere/e.safetensors"], "/nowhere/e.safetensors"),
        (["--tokenizer", "/nowhere"], "/nowhere/vocab.json"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedAndNothingIsWritten(_ mistake: [String], _ named: String) async throws {
        try await Programs.withFolder { folder in
            let outcome = try Programs.run(
                "jedid",
                [
                    "generate", "--prompt", "cat", "--model", Programs.model, "-o",
                    folder.appendingPathComponent("x.png").path,
                ] + mistake)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains(named), "\(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
