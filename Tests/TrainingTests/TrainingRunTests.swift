import Foundation
import Images
import JointDiffusion
import Tensors
import TestSupport
import Testing

@testable import Training

/// Whole runs of small models, and what they leave.
@Suite struct TrainingRunTests {
    static let small = """
        train: [unet, text_encoder]
        mode: cached
        width: 16
        height: 16
        images: 3
        known_maximum: 2
        subject_weight: 2
        sets: 2
        warm_up: 2
        steps: 40
        snapshot_every: 3
        sample_every: 0

        """

    /// Only noisy timesteps, where the losses are of one size and fall at once.
    static let quick = "rate: 1e-2\ntimestep_bias: 10\n"

    private static func mean(_ values: ArraySlice<Double>) -> Double {
        values.reduce(0, +) / Double(values.count)
    }

    /// A run goes down, and leaves a curve, a sheet and a model that loads.
    @Test func runAndExport() throws {
        try TrainingScene.with("known-v") { scene in
            let lines = Self.small + Self.quick + "log_every: 4\n"
            let text = lines.replacing("sample_every: 0", with: "sample_every: 40")
            let loop = try scene.loop("run", text)
            var losses: [Double] = []
            try loop.run { losses.append($0.loss ?? .nan) }
            #expect(losses.count == 40)
            let (first, last) = (Self.mean(losses.prefix(8)), Self.mean(losses.suffix(8)))
            #expect(last < 0.8 * first)
            let curve = try PhotoDecoder.decode(contentsOf: scene.path("run/loss.png"))
            #expect(Set(curve.pixels).count > 3)
            // Four subjects: three images and two pictures each.
            let sheet = try PhotoDecoder.decode(contentsOf: scene.path("run/samples/00000040.png"))
            #expect(sheet.width == 90)
            #expect(sheet.height == 72)
            #expect(loop.folder.snapshots().map(\.step) == [39, 40])
            try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            let model = try DiffusionModel(folder: scene.path("exported"), on: CPUBackend())
            #expect(model.defaults.mode == .cached)
            #expect(throws: TrainingError.self) {
                try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            }
        }
    }

    /// A checkpoint without known channels gives the same picture after it got them, before the first step.
    @Test func addedChannelsChangeNothing() throws {
        try TrainingScene.with("epsilon") { scene in
            // At a rate of nothing a step changes nothing.
            let lines = Self.small.replacing("steps: 40", with: "steps: 2") + "rate: 0\n"
            let loop = try scene.loop("run", lines)
            try loop.run()
            try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            var pictures: [[Float]] = []
            for (folder, takesKnown) in [("model", false), ("exported", true)] {
                let model = try DiffusionModel(folder: scene.path(folder), on: CPUBackend())
                #expect(model.takesKnownLatents == takesKnown)
                var request = GenerationRequest(prompt: "the robot cat", model: model)
                request.mode = .none
                request.steps = 3
                pictures.append(try Pipeline(model).generate(request).elements)
            }
            let difference = relativeDifference(pictures[1], pictures[0])
            #expect(difference < 1e-5)
        }
    }

    /// What LoRA adds is nothing before the first step, changes the model after it, and is merged on export.
    @Test func lowRankAdaptation() throws {
        try TrainingScene.with("known-v") { scene in
            let lines =
                Self.small.replacing("steps: 40", with: "steps: 3")
                + "lora_rank: 2\nrate: 1e-2\nweight_decay: 0\n"
            let loop = try scene.loop("run", lines)
            #expect(loop.trainee.parameters.allSatisfy { $0.name.contains(".lora_") })
            try loop.run()
            try ModelExport.export(run: loop.folder, usesAverages: false, to: scene.path("exported"))
            let backend = CPUBackend()
            let before = try SafetensorsFile(
                path: scene.path("model/unet/diffusion_pytorch_model.safetensors"))
            let after = try SafetensorsFile(
                path: scene.path("exported/unet/diffusion_pytorch_model.safetensors"))
            #expect(before.names == after.names)
            let adapters = Dictionary(
                uniqueKeysWithValues: loop.trainee.parameters.map { ($0.name, $0.tensor) })
            for name in before.names {
                let (old, new) = (try before.tensor(name, on: backend), try after.tensor(name, on: backend))
                let layer = "unet/" + name.replacing(".weight", with: "")
                guard let down = adapters["\(layer).lora_down.weight"],
                    let up = adapters["\(layer).lora_up.weight"]
                else {
                    let (before, after) = (old.elements, new.elements)
                    #expect(before == after)
                    continue
                }
                var expected = old.elements
                let (rows, columns) = (old.shape[0], old.shape[1])
                for row in 0..<rows {
                    for column in 0..<columns {
                        for rank in 0..<2 {
                            expected[row * columns + column] +=
                                0.5 * up.floats[2 * row + rank] * down.floats[rank * columns + column]
                        }
                    }
                }
                let error = relativeDifference(new.elements, expected)
                let change = relativeDifference(new.elements, old.elements)
                #expect(error < 1e-6)
                #expect(change > 1e-4, "\(name) did not change")
            }
            // The LoRA alone, given to the model that it was trained on, is the exported model.
            let file = scene.path("adapters.safetensors")
            try ModelExport.exportAdapters(run: loop.folder, usesAverages: false, to: file)
            let sources = [
                ModelSource(path: scene.path("exported")),
                ModelSource(
                    path: scene.path("model"), adapters: [WeightedAdapter(path: file, weight: 1)]),
                ModelSource(path: scene.path("model")),
            ]
            let pictures = try sources.map { source in
                let model = try DiffusionModel(source, on: backend)
                var request = GenerationRequest(prompt: "the robot cat", model: model)
                request.mode = .none
                request.steps = 3
                return try Pipeline(model).generate(request).elements
            }
            #expect(relativeDifference(pictures[1], pictures[0]) < 1e-5)
            #expect(relativeDifference(pictures[2], pictures[0]) > 1e-4)
            #expect(throws: TrainingError.self) { try ModelExport.exportAdapters(run: loop.folder, to: file) }
        }
    }

    /// The log says what references count, in both modes, and looking changes nothing of the run.
    @Test(arguments: ["cached", "joint"])
    func probes(mode: String) throws {
        try TrainingScene.with("known-v") { scene in
            let lines =
                Self.small.replacing("steps: 40", with: "steps: 4").replacing(
                    "mode: cached", with: "mode: \(mode)")
            let entries = try [2, 0].map { every in
                try scene.loop("run\(every)", lines + "probe_every: \(every)\n").run()
                let text = String(decoding: try scene.bytes("run\(every)/log.jsonl"), as: UTF8.self)
                return try text.split(separator: "\n").map {
                    try JSONDecoder().decode(LogEntry.self, from: Data($0.utf8))
                }
            }
            #expect(entries[0].map { $0.probe != nil } == [false, true, false, true])
            #expect(entries[1].allSatisfy { $0.probe == nil })
            #expect(entries[0].map(\.loss) == entries[1].map(\.loss))
            let probe = try #require(entries[0][3].probe)
            #expect(probe.own.isFinite && probe.own > 0)
            #expect(probe.own != probe.other && probe.own != probe.none)
            let last = "snapshots/00000004.safetensors"
            #expect(try scene.bytes("run2/\(last)") == scene.bytes("run0/\(last)"))
        }
    }

    /// In half precision all weights take two bytes, are what they were but for the rounding, and load.
    @Test func halfPrecision() throws {
        try TrainingScene.with("known-v") { scene in
            let loop = try scene.loop("run", Self.small.replacing("steps: 40", with: "steps: 2"))
            try loop.run()
            for half in [false, true] {
                try ModelExport.export(run: loop.folder, half: half, to: scene.path("model-\(half)"))
            }
            let backend = CPUBackend()
            for name in [
                "unet/diffusion_pytorch_model", "text_encoder/model", "vae/diffusion_pytorch_model",
            ] {
                let files = try [false, true].map {
                    try SafetensorsFile(path: scene.path("model-\($0)/\(name).safetensors"))
                }
                #expect(files[0].names.sorted() == files[1].names.sorted())
                for key in files[1].names {
                    let tensor = try files[1].tensor(key, on: backend)
                    #expect(tensor.elementType == .float16)
                    let values = try files.map { try backend.copied($0.tensor(key, on: backend)).elements }
                    #expect(zip(values[0], values[1]).allSatisfy { abs($0 - $1) <= abs($0) / 1024 + 1e-7 })
                }
            }
            _ = try DiffusionModel(folder: scene.path("model-true"), on: backend)
        }
    }

    /// What is frozen stays, bit for bit, and is exported with the rest.
    @Test func freezing() throws {
        try TrainingScene.with("known-tiny") { scene in
            let loop = try scene.loop(
                "run",
                """
                train: [vae]
                freeze: [vae/encoder]
                width: 16
                height: 16
                sets: 1
                steps: 2
                rate: 1e-2
                warm_up: 0
                sample_every: 0

                """)
            try loop.run()
            try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            let backend = CPUBackend()
            let files = try ["model", "exported"].map {
                try SafetensorsFile(path: scene.path("\($0)/vae/diffusion_pytorch_model.safetensors"))
            }
            #expect(files[0].names.sorted() == files[1].names.sorted())
            for name in files[0].names {
                let values = try files.map { try backend.copied($0.tensor(name, on: backend)).elements }
                #expect((values[0] == values[1]) == name.hasPrefix("encoder"), "\(name)")
            }
            #expect(throws: TrainingError.self) {
                try scene.loop("other", "train: [vae]\nfreeze: [vae/encode_r]\nwidth: 16\nheight: 16\n")
            }
        }
    }

    /// What is renewed begins with random numbers, as from scratch; the rest is the folder's.
    @Test func renewing() throws {
        try TrainingScene.with("known-tiny") { scene in
            let rest =
                "train: [vae]\nwidth: 16\nheight: 16\nsets: 1\nsteps: 1\nrate: 0\nsample_every: 0\nseed: 3\n"
            for (run, how) in [("renewed", "renew: [vae/decoder.]"), ("new", "from_scratch: [vae]")] {
                let loop = try scene.loop(run, how + "\n" + rest)
                try loop.run()
                try ModelExport.export(run: loop.folder, to: scene.path("\(run)-model"))
            }
            let backend = CPUBackend()
            let files = try ["model", "new-model", "renewed-model"].map {
                try SafetensorsFile(path: scene.path("\($0)/vae/diffusion_pytorch_model.safetensors"))
            }
            for name in files[0].names {
                let values = try files.map { try backend.copied($0.tensor(name, on: backend)).elements }
                #expect(values[2] == values[name.hasPrefix("decoder.") ? 1 : 0], "\(name)")
            }
            #expect(throws: TrainingError.self) {
                try scene.loop("other", "train: [vae]\nrenew: [vae/decode_r]\nwidth: 16\nheight: 16\n")
            }
        }
    }

    /// An autoencoder learns, and its folder loads.
    @Test(arguments: ["known-tiny", "deep-vae"])
    func autoencoders(_ checkpoint: String) throws {
        try TrainingScene.with(checkpoint) { scene in
            let loop = try scene.loop(
                "run",
                """
                train: [vae]
                width: 16
                height: 16
                images: 2
                known_maximum: 1
                sets: 2
                steps: 12
                warm_up: 0
                rate: 3e-3
                latent_noise: 0.01
                huber: 0.2
                subject_weight: 3
                sample_every: 12

                """)
            var losses: [Double] = []
            try loop.run { losses.append($0.loss ?? .nan) }
            let (first, last) = (Self.mean(losses.prefix(3)), Self.mean(losses.suffix(3)))
            #expect(last < 0.9 * first)
            try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            _ = try DiffusionModel(folder: scene.path("exported"), on: CPUBackend())
        }
    }

    /// Random beginnings: components of which the folder needs no weights.
    @Test func fromScratch() throws {
        try TrainingScene.with("known-v") { scene in
            for component in ["unet/diffusion_pytorch_model", "text_encoder/model"] {
                try FileManager.default.removeItem(atPath: scene.path("model/\(component).safetensors"))
            }
            let loop = try scene.loop("run", Self.small + "from_scratch: [unet, text_encoder]\n" + Self.quick)
            var losses: [Double] = []
            try loop.run { losses.append($0.loss ?? .nan) }
            let (first, last) = (Self.mean(losses.prefix(8)), Self.mean(losses.suffix(8)))
            #expect(last < 0.9 * first)
            try ModelExport.export(run: loop.folder, to: scene.path("exported"))
            _ = try DiffusionModel(folder: scene.path("exported"), on: CPUBackend())
        }
    }

    /// Numbers that are not finite change nothing, are counted, and end the run after a few.
    @Test func notFinite() throws {
        try TrainingScene.with("known-v") { scene in
            let lines =
                Self.small + "rate: 10\nweight_decay: 10\nwarm_up: 0\nclip_norm: 1e9\nmaximum_skips: 2\n"
            let text = lines.replacing("warm_up: 2\n", with: "")
            let loop = try scene.loop("run", text)
            // What a broken weight makes of every step.
            let weight = try #require(loop.trainee.parameters.first { $0.name == "unet/conv_in.weight" })
            weight.tensor.floats[0] = .nan
            let before = loop.trainee.parameters.map { $0.tensor.elements.map(\.bitPattern) }
            #expect(throws: TrainingError.notFinite(step: 2, skips: 2)) { try loop.run() }
            let after = loop.trainee.parameters.map { $0.tensor.elements.map(\.bitPattern) }
            #expect(after == before)
            let log = try String(decoding: scene.bytes("run/log.jsonl"), as: UTF8.self).split(separator: "\n")
            let entries = try log.map { try JSONDecoder().decode(LogEntry.self, from: Data($0.utf8)) }
            #expect(entries.map(\.skipped) == [1, 1])
            #expect(entries.allSatisfy { $0.loss == nil })
        }
    }

    /// A folder belongs to one configuration and one process.
    @Test func foldersOfOtherRuns() throws {
        try TrainingScene.with("known-v") { scene in
            do {
                let running = try scene.loop("run", Self.small)
                #expect(throws: TrainingError.inUse(folder: scene.path("run"))) {
                    _ = try scene.loop("run", Self.small)
                }
                #expect(running.step == 0)
            }
            #expect(throws: TrainingError.otherConfiguration(folder: scene.path("run"))) {
                _ = try scene.loop("run", Self.small + "gamma: 3\n")
            }
            // How often something is written may change.
            _ = try scene.loop("run", Self.small + "log_every: 3\n")
            // A run with a constant rate may be made longer.
            let constant = Self.small + "schedule: constant\n"
            _ = try scene.loop("longer", constant)
            let longer = constant.replacing("steps: 40", with: "steps: 41")
            _ = try scene.loop("longer", longer)
            let text = try String(decoding: scene.bytes("longer/config.yaml"), as: UTF8.self)
            #expect(text.hasSuffix(longer))
        }
    }
}
