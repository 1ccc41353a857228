import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// What references leave behind in the U-Net, kept on a real disk.
@Suite struct KeysValuesStoreTests {
    /// A model, a store's folder, and pictures of some of three photos.
    private final class Scene {
        let pipeline: Pipeline
        let folder: String
        var reports: [String] = []

        init(_ model: DiffusionModel, _ folder: String) {
            pipeline = Pipeline(model)
            self.folder = folder
        }

        static func with(
            _ configuration: CPUConfiguration = CPUConfiguration(), _ body: (Scene) throws -> Void
        ) throws {
            let golden = try GoldenCheckpoint("known-v", in: Goldens.directory)
            try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
                let model = try DiffusionModel(folder: folder.path, on: CPUBackend(configuration))
                try body(Scene(model, folder.path + "/kept"))
            }
        }

        func open(budget: Int64 = 1 << 30, leftFree: Int64 = 0, model: String = "m") throws {
            let store = try KeysValuesStore(folder: folder, budget: budget, leftFree: leftFree) {
                self.reports.append($0)
            }
            pipeline.memory = Pipeline.Memory(store: store, model: model)
        }

        /// Photo `number`, the same each time.
        func photo(_ number: Int) -> Pipeline.Reference {
            let model = pipeline.model
            let shape: Shape = [
                1, model.height / model.vae.downscale, model.width / model.vae.downscale,
                model.vae.latentChannels,
            ]
            return Pipeline.Reference(
                latent: Tensor(normal: shape, seed: UInt64(100 + number), on: model.backend),
                noiseSeed: UInt64(number), photo: "\(number)" + String(repeating: "0", count: 63))
        }

        func picture(_ photos: [Int], _ mode: ReferenceMode = .cached, clipSkip: Int? = nil) throws
            -> [UInt32]
        {
            var request = GenerationRequest(prompt: "a photo of the cat", model: pipeline.model, seeds: [7])
            (request.mode, request.steps, request.sampler, request.guidance) = (mode, 3, .euler, 3)
            request.clipSkip = clipSkip
            return try pipeline.generate(request, references: photos.map(photo)).elements.map(\.bitPattern)
        }

        var names: [String] { KeysValuesStore.files(in: folder).map(\.name) }
        /// How many files there are of photos 1, 2 and 3.
        var counts: [Int] { [1, 2, 3].map { photo in names.count { $0.hasPrefix("\(photo)") } } }
    }

    /// Kept or not, the picture is the same to the bit; and a photo passes once, in whatever company.
    @Test(arguments: [ReferenceMode.cached, .matched], Precision.allCases)
    func picturesDoNotTell(_ mode: ReferenceMode, _ precision: Precision) throws {
        try Scene.with(CPUConfiguration(precision: precision, narrows: true)) { scene in
            let plain = try (scene.picture([1, 2], mode), scene.picture([3, 2], mode))
            try scene.open()
            let each = mode == .cached ? 1 : 3
            #expect(try scene.picture([1, 2], mode) == plain.0)
            #expect(scene.counts == [each, each, 0])
            #expect(try scene.picture([1, 2], mode) == plain.0)
            #expect(scene.names.count == 2 * each)
            // In another process.
            try scene.open()
            #expect(try scene.picture([3, 2], mode) == plain.1)
            #expect(scene.counts == [each, each, each])
            #expect(scene.reports.isEmpty)
        }
    }

    /// Where attention rounds what it sees, half of the bytes are kept.
    @Test func reducedPrecisionsKeepHalf() throws {
        let sizes = try [Precision.float32, .bfloat16].map { precision -> Int in
            var size = 0
            // What no processor has natively.
            let configuration = CPUConfiguration(
                instructionSet: .avx2, precision: precision, narrows: true)
            try Scene.with(configuration) { scene in
                try scene.open()
                _ = try scene.picture([1])
                let name = try #require(scene.names.first)
                let key = try #require(KeysValuesStore.key(ofFile: "\(scene.folder)/\(name)"))
                let store = try #require(scene.pipeline.memory?.store)
                size = try #require(store.load(key, on: scene.pipeline.model.backend)).byteCount
            }
            return size
        }
        #expect(sizes[0] > 0 && sizes[0] == 2 * sizes[1])
    }

    /// What is kept is what is used: with the numbers of another photo in its file, another picture comes out.
    @Test func whatIsKeptIsUsed() throws {
        try Scene.with { scene in
            try scene.open()
            let plain = try scene.picture([1])
            let store = try #require(scene.pipeline.memory?.store)
            let backend = scene.pipeline.model.backend
            let file = "\(scene.folder)/\(try #require(scene.names.first))"
            let key = try #require(KeysValuesStore.key(ofFile: file))
            let kept = try #require(store.load(key, on: backend))
            #expect(kept.byteCount > 0)
            store.keep(
                ReferenceKeysValues(
                    layers: kept.layers.map { KeysValues(keys: $0.keys, values: 2 * $0.values) }), for: key)
            #expect(KeysValuesStore.isSound(file: file))
            #expect(try scene.picture([1]) != plain)
        }
    }

    /// Another model, mode or text encoder's layer is another key.
    @Test func keysTellApart() throws {
        try Scene.with { scene in
            try scene.open()
            _ = try scene.picture([1])
            _ = try scene.picture([1], .matched)
            #expect(scene.names.count == 1 + 3)
            _ = try scene.picture([1], clipSkip: 2)
            #expect(scene.names.count == 1 + 3 + 1)
            try scene.open(model: "n")
            _ = try scene.picture([1])
            #expect(scene.names.count == 1 + 3 + 1 + 1)
        }
    }

    /// Whatever happens to a file, it is seen, dropped and made again, and the picture is the same.
    @Test func damageIsFound() throws {
        try Scene.with { scene in
            try scene.open()
            let plain = try scene.picture([1])
            let name = try #require(scene.names.first)
            let path = "\(scene.folder)/\(name)"
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            var generator = SystemRandomNumberGenerator()
            // The photo's hash in the key: another key, and as well formed.
            let key = try #require(whole.range(of: Data(name.prefix(16).utf8))).lowerBound
            let places =
                [0, 7, 8, 40, key, whole.count - 1]
                + (0..<20).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
            for place in places {
                var damaged = whole
                damaged[place] ^= 0x04
                try damaged.write(to: URL(fileURLWithPath: path))
                #expect(!KeysValuesStore.isSound(file: path), "byte \(place)")
                try scene.open()
                scene.reports = []
                #expect(try scene.picture([1]) == plain, "byte \(place)")
                #expect(scene.reports.count == 1 && scene.reports[0].contains(path), "byte \(place)")
                #expect(KeysValuesStore.isSound(file: path), "byte \(place)")
            }
            for length in [0, 4, 100, whole.count / 2, whole.count - 1] {
                try whole.prefix(length).write(to: URL(fileURLWithPath: path))
                #expect(!KeysValuesStore.isSound(file: path))
                #expect(try scene.picture([1]) == plain)
                #expect(KeysValuesStore.isSound(file: path))
            }
        }
    }

    /// Those that were not used for longest go first.
    @Test func roomIsMade() throws {
        try Scene.with { scene in
            try scene.open()
            _ = try scene.picture([1])
            let each = try #require(KeysValuesStore.files(in: scene.folder).first).bytes
            // Room for two and a half.
            try scene.open(budget: each * 5 / 2)
            _ = try scene.picture([2])
            age(scene)
            _ = try scene.picture([1])
            age(scene)
            _ = try scene.picture([3])
            #expect(scene.counts == [1, 0, 1])
            // What would push itself out before it is used again is not written: three photos, room for two.
            let before = KeysValuesStore.files(in: scene.folder)
            _ = try scene.picture([4, 5, 6])
            #expect(KeysValuesStore.files(in: scene.folder).map(\.name) == before.map(\.name))
            #expect(scene.reports.isEmpty)
        }
    }

    /// Makes all files an hour older.
    private func age(_ scene: Scene) {
        for name in scene.names {
            let path = "\(scene.folder)/\(name)"
            var status = stat()
            stat(path, &status)
            let time = timespec(tv_sec: status.st_mtim.tv_sec - 3600, tv_nsec: 0)
            _ = [time, time].withUnsafeBufferPointer { utimensat(AT_FDCWD, path, $0.baseAddress, 0) }
        }
    }

    /// Without a place for them pictures are made all the same, and it is said once.
    @Test func aFolderThatWentAway() throws {
        try Scene.with { scene in
            try scene.open()
            let plain = try scene.picture([1])
            try FileManager.default.removeItem(atPath: scene.folder)
            #expect(try scene.picture([1]) == plain)
            #expect(try scene.picture([1]) == plain)
            #expect(scene.reports.count == 1 && scene.reports[0].contains("could not keep"))
        }
    }

    /// The last of the disk is left to what cannot be had again.
    @Test func aDiskThatIsNearlyFull() throws {
        try Scene.with { scene in
            let plain = try scene.picture([1])
            try scene.open(leftFree: .max)
            #expect(try scene.picture([1]) == plain)
            #expect(try scene.picture([2]) != plain)
            #expect(scene.names.isEmpty)
            #expect(scene.reports.count == 1 && scene.reports[0].contains("nearly full"))
        }
    }

    /// What a process left that was killed while it wrote goes; what another may be writing stays.
    @Test func leftovers() throws {
        try Scene.with { scene in
            try scene.open()
            let (old, new) = ("\(scene.folder)/a.partial", "\(scene.folder)/b.partial")
            for path in [old, new] { try Data([1]).write(to: URL(fileURLWithPath: path)) }
            let time = timespec(tv_sec: Glibc.time(nil) - 7200, tv_nsec: 0)
            _ = [time, time].withUnsafeBufferPointer { utimensat(AT_FDCWD, old, $0.baseAddress, 0) }
            try scene.open()
            #expect(!FileManager.default.fileExists(atPath: old))
            #expect(FileManager.default.fileExists(atPath: new))
        }
    }
}
