import Foundation
import Images
import Tensors
import Testing

/// `jedid generate` with the embedded model.
@Suite struct GenerateTests {
    private var photos: [String] {
        (0..<3).map { Programs.example("lime-car").appendingPathComponent("\($0).png").path }
    }

    @Test(arguments: ["none", "joint", "cached", "matched"])
    func makesAPictureThatTellsHowItWasMade(_ mode: String) async throws {
        try await Programs.withFolder { folder in
            let picture = folder.appendingPathComponent("fish.png").path
            let outcome = try Programs.run(
                "jedid",
                [
                    "generate", "--model", Programs.model, "--mode", mode, "--steps", "3", "--seed", "7",
                    "--prompt", "a photo of the fish in the snow", "--negative-prompt", "night", "-o",
                    picture,
                    "--reference",
                ] + photos)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "quiet when piped")
            let image = try PhotoDecoder.decode(contentsOf: picture)
            #expect((image.width, image.height) == (128, 128))
            let text = try #require(
                PNGTextReader.read(contentsOf: picture).first { $0.keyword == "parameters" })
            let lines = text.text.split(separator: "\n")
            #expect(lines[0] == "a photo of the fish in the snow")
            #expect(lines[1] == "Negative prompt: night")
            for field in [
                "Steps: 3", "Sampler: DDIM", "CFG scale: 1.5", "Seed: 7", "Size: 128x128", "Model hash: ",
                "Reference mode: \(mode)",
            ] {
                #expect(lines[2].contains(field))
            }
            #expect(lines[2].contains("References: \"0.png ") == (mode != "none"))
        }
    }

    @Test func theSameSeedGivesTheSameBytes() async throws {
        try await Programs.withFolder { folder in
            var pictures: [Data] = []
            for threads in ["1", "2", "2"] {
                let picture = folder.appendingPathComponent("\(pictures.count).png")
                let outcome = try Programs.run(
                    "jedid",
                    [
                        "generate", "--model", Programs.model, "--steps", "2", "--seed", "3", "--prompt",
                        "cat",
                        "--threads", threads, "-o", picture.path,
                    ])
                #expect(outcome.status == 0, "\(outcome.errors)")
                pictures.append(try Data(contentsOf: picture))
            }
            #expect(pictures[1] == pictures[2])
        }
    }

    @Test func bfloat16MakesNearlyTheSamePicture() async throws {
        try await Programs.withFolder { folder in
            var pictures: [[UInt8]] = []
            for precision in ["f32", "bf16"] {
                let path = folder.appendingPathComponent("\(precision).png").path
                let outcome = try Programs.run(
                    "jedid",
                    [
                        "generate", "--model", Programs.model, "--precision", precision, "--seed", "2",
                        "--prompt", "a photo of the fish in the snow", "-o", path, "--reference",
                    ] + photos)
                #expect(outcome.status == 0, "\(outcome.errors)")
                pictures.append(try PhotoDecoder.decode(contentsOf: path).pixels)
                let text = try PNGTextReader.read(contentsOf: path).map(\.text).joined()
                #expect(text.contains("Precision: bf16") == (precision == "bf16"))
            }
            let squares = zip(pictures[0], pictures[1]).reduce(0.0) { sum, pair in
                sum + (Double(pair.0) - Double(pair.1)) * (Double(pair.0) - Double(pair.1))
            }
            let signalToNoise = 10 * log10(255 * 255 * Double(pictures[0].count) / squares)
            #expect(signalToNoise > 35, "\(signalToNoise) dB")
        }
    }

    @Test func countMakesOneFileForEachSeed() async throws {
        try await Programs.withFolder { folder in
            let picture = folder.appendingPathComponent("a.b.png").path
            let latents = folder.appendingPathComponent("latents.safetensors").path
            let outcome = try Programs.run(
                "jedid",
                [
                    "generate", "--model", Programs.model, "--count", "2", "--steps", "1", "--seed", "9",
                    "--prompt", "cat", "--save-latent", latents, "-o", picture,
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["a.b-1.png", "a.b-2.png", "latents.safetensors"])
            let file = try SafetensorsFile(path: latents)
            #expect(file.shape(of: "latent") == [2, 32, 8, 8])
            #expect(file.shape(of: "reference_latent") == [0, 32, 8, 8])
        }
    }

    @Test func noiseFromAFileIsWhatTheSeedWouldHaveMade() async throws {
        try await Programs.withFolder { folder in
            let noise = folder.appendingPathComponent("noise.safetensors").path
            let backend = CPUBackend()
            let drawn = Tensor(normal: [1, 8, 8, 32], seed: 5, on: backend)
            try SafetensorsWriter.write([("noise", drawn.channelsFirst())], to: noise)
            var latents: [[Float]] = []
            for start in [["--seed", "5"], ["--noise", noise]] {
                let path = folder.appendingPathComponent("latent\(latents.count).safetensors").path
                let outcome = try Programs.run(
                    "jedid",
                    [
                        "generate", "--model", Programs.model, "--steps", "2", "--prompt", "cat",
                        "--save-latent", path, "-o", folder.appendingPathComponent("x.png").path,
                    ] + start)
                #expect(outcome.status == 0, "\(outcome.errors)")
                latents.append(try SafetensorsFile(path: path).tensor("latent", on: backend).elements)
            }
            #expect(latents[0] == latents[1])
        }
    }

    static var example: String { Programs.example("lime-car").appendingPathComponent("0.png").path }

    /// Arguments, and what the message must name.
    static let mistakes: [([String], String)] = [
        (["--model", "/nowhere"], "/nowhere/model_index.json"),
        (["--model", ""], "--model"),
        (["--reference", "/nowhere/dog.jpg"], "/nowhere/dog.jpg"),
        (["--reference", "/etc/hostname"], "/etc/hostname"),
        (["--size", "63x64"], "63x64"),
        (["--size", "big"], "big"),
        (["--size", "8192x8192", "--reference", example], "8192x8192"),
        (["--steps", "0"], "0 steps"),
        (["--steps", "1001"], "1001 steps"),
        (["--sampler", "magic"], "dpmpp_2m_karras"),
        (["--mode", "magic"], "matched"),
        (["--count", "0"], "--count"),
        (["--count", "1001"], "--count"),
        (["--threads", "0"], "--threads"),
        (["--guidance", "nan"], "--guidance"),
        (["--noise", "/nowhere/noise.safetensors"], "/nowhere/noise.safetensors"),
        (["--save-latent", "/nowhere/latent.safetensors"], "/nowhere"),
        (["-o", "/nowhere/picture.png"], "/nowhere"),
        (["-o", ""], "empty"),
        (["-o", "/proc/picture.png"], "/proc"),
        (["-o", "/tmp/" + String(repeating: "long", count: 64)], "too long"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedAndNothingIsWritten(_ mistake: [String], _ named: String) async throws {
        try await Programs.withFolder { folder in
            var arguments = ["generate", "--prompt", "cat"]
            if !mistake.contains("--model") { arguments += ["--model", Programs.model] }
            if !mistake.contains("-o") { arguments += ["-o", folder.appendingPathComponent("x.png").path] }
            let outcome = try Programs.run("jedid", arguments + mistake)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains(named), "\(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    /// The picture takes the place of what has its name, so that name must not be a device's.
    @Test(arguments: ["-o", "--save-latent"])
    func aPipeIsNotReplaced(_ option: String) async throws {
        try await Programs.withFolder { folder in
            let pipe = folder.appendingPathComponent("pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            var arguments = [
                "generate", "--model", Programs.model, "--steps", "1", "--prompt", "cat", option, pipe,
            ]
            if option != "-o" { arguments += ["-o", folder.appendingPathComponent("x.png").path] }
            let outcome = try Programs.run("jedid", arguments)
            #expect(outcome.status != 0 && outcome.errors.contains("pipe"), "\(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
            let type = try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType
            #expect(type != .typeRegular)
        }
    }

    @Test func aPromptMayBeginWithADashAndAGuidanceWithAMinus() async throws {
        try await Programs.withFolder { folder in
            let picture = folder.appendingPathComponent("x.png").path
            let outcome = try Programs.run(
                "jedid",
                [
                    "generate", "--model", Programs.model, "--steps", "1", "--prompt", "-5 degrees",
                    "--negative-prompt", "--dark", "--guidance", "-1.5", "-o", picture,
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let text = try #require(PNGTextReader.read(contentsOf: picture).first).text
            #expect(
                text.hasPrefix("-5 degrees\nNegative prompt: --dark\n") && text.contains("CFG scale: -1.5,"))
        }
    }

    @Test func benchmarkPrintsEveryPart() throws {
        let outcome = try Programs.run(
            "jedid",
            [
                "benchmark", "--model", Programs.model, "--references", "2", "--mode", "cached", "--repeat",
                "1",
                "--json",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(
            JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        for key in [
            "text_encoding_s", "vae_encode_s", "unet_forward_s", "unet_forward_with_references_s",
            "vae_decode_s",
            "peak_memory_bytes",
        ] {
            #expect(try #require(report[key] as? Double) > 0)
        }
    }

    /// A profile names each operation, its speed and its share; the shares are the whole.
    @Test func aProfileOfAForward() throws {
        let arguments = [
            "benchmark", "--model", Programs.model, "--references", "1", "--repeat", "2", "--profile",
            "--unet-only",
        ]
        let outcome = try Programs.run("jedid", arguments + ["--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect(report["unet_forward_s"] != nil && report["vae_decode_s"] == nil)
        let profile = try #require(report["profile"] as? [[String: Any]])
        let shares = profile.compactMap { $0["share"] as? Double }
        #expect(shares.count == profile.count && abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(shares == shares.sorted(by: >))
        #expect(
            profile.contains {
                ($0["operation"] as? String) == "attention" && ($0["gop_per_s"] as? Double ?? 0) > 0
            })
        let table = try Programs.run("jedid", arguments)
        let text = String(decoding: table.output, as: UTF8.self)
        #expect(text.contains("one forward of the U-Net") && text.contains("x attention"))
    }
}
