import Crypto
import FoundationEssentials
import Glibc
import Images
import SubjectDaemon
import Synchronization

/// An engine that costs nothing: a photo's latent is its mean colour, a picture is one patch a reference.
public final class FakeEngine: PictureEngine {
    /// What it was asked to do.
    public struct Record: Sendable {
        public var encoded: [String] = []
        public var generated: [PictureRequest] = []
        /// Steps that pictures were gone on from.
        public var resumed: [Int] = []
        /// Steps done, of all pictures.
        public var steps = 0
        /// The steps that were done of each, by its job's short name.
        public var stepsByJob: [String: [Int]] = [:]
    }

    /// What it does in the place of a picture.
    public typealias Mischief = @Sendable (PictureRequest) async throws -> Void

    /// What it does before a step.
    public typealias StepMischief = @Sendable (PictureRequest, Int) async throws -> Void

    private let model: EngineDescription
    private let steps: Int
    private let stepTime: Duration
    private let log = Mutex(Record())
    private let mischief = Mutex<Mischief?>(nil)
    private let stepMischief = Mutex<StepMischief?>(nil)
    private let needed = Mutex<Int64?>(nil)
    private let rejected = Mutex<[String: PhotoRejection]>([:])
    private let logFile: String?

    /// - Parameter logFile: gets a line for each thing that is done, so that another process can read it.
    public init(
        modelHash: String = "abc123", steps: Int = 4, stepTime: Duration = .zero, logFile: String? = nil
    ) {
        model = EngineDescription(
            model: "fake", modelHash: modelHash, defaultMode: "joint", width: 16, height: 16)
        self.steps = steps
        self.stepTime = stepTime
        self.logFile = logFile
    }

    /// What it was asked to do so far.
    public var record: Record { log.withLock { $0 } }

    /// Has it do that at the first step of each picture from now on.
    public func setMischief(_ mischief: Mischief?) {
        self.mischief.withLock { $0 = mischief }
    }

    /// Has it do that before each step from now on.
    public func setStepMischief(_ mischief: StepMischief?) {
        stepMischief.withLock { $0 = mischief }
    }

    /// Has it say that a picture needs so much memory.
    public func setMemoryNeeded(_ bytes: Int64?) {
        needed.withLock { $0 = bytes }
    }

    /// Has it refuse a photo of that content.
    public func reject(contentHash: String, as rejection: PhotoRejection) {
        rejected.withLock { $0[contentHash] = rejection }
    }

    public func describe() async throws -> EngineDescription { model }

    public func encodeReference(_ request: ReferenceRequest) async throws -> EncodedReference {
        let image = try image(request.path, request.contentHash)
        log.withLock { $0.encoded.append(request.contentHash) }
        note("encoded \(request.contentHash)")
        let count = Float(image.width * image.height)
        let sums = image.pixels.enumerated().reduce(into: [0, 0, 0] as [Float]) {
            $0[$1.offset % 3] += Float($1.element)
        }
        return EncodedReference(
            shape: [3, 1, 1], latent: sums.map { $0 / count }, contentHash: request.contentHash)
    }

    private func image(_ path: String, _ contentHash: String) throws(PhotoRejection) -> RGBImage {
        if let rejection = rejected.withLock({ $0[contentHash] }) { throw rejection }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw PhotoRejection("it cannot be read", fault: .changed)
        }
        guard Self.hash([UInt8](data)) == contentHash else {
            throw PhotoRejection("it changed", fault: .changed)
        }
        do { return try PhotoDecoder.decode([UInt8](data)) } catch { throw PhotoRejection("\(error)") }
    }

    /// What a picture is started from is read and held against its hash, and leaves no trace in the picture.
    private func check(_ start: StartFiles?) throws(PhotoRejection) {
        guard let start else { return }
        for (photo, path) in [(start.photos.photo, start.photoPath), (start.photos.mask, start.maskPath)] {
            guard let photo, let path else { continue }
            do throws(PhotoRejection) { _ = try image(path, photo.contentHash) } catch {
                throw PhotoRejection(error.reason, fault: error.fault, contentHash: photo.contentHash)
            }
        }
    }

    public func generate(
        _ request: PictureRequest, references: [EncodedReference], resumingFrom checkpoint: StepCheckpoint?,
        event: @escaping @Sendable (PictureEvent) -> Void
    ) async throws -> Picture {
        log.withLock { $0.generated.append(request) }
        try check(request.start)
        let identity = try Self.identity(of: request, references)
        let done = checkpoint.flatMap { Self.step(in: $0.state, of: identity) } ?? 0
        if done > 0 { log.withLock { $0.resumed.append(done) } }
        note(done > 0 ? "went on with \(request.jobID) from step \(done)" : "began \(request.jobID)")
        // As an engine does: without waiting for the step that is under way.
        let checkpoint = { (step: Int) in
            StepCheckpoint(
                progress: StepProgress(step: step, total: self.steps), state: [UInt8(step)] + identity)
        }
        for step in (done + 1)..<(max(steps, done) + 1) {
            if step == 1, let mischief = mischief.withLock({ $0 }) { try await mischief(request) }
            do {
                if let mischief = stepMischief.withLock({ $0 }) { try await mischief(request, step) }
                try Task.checkCancellation()
                if stepTime > .zero { try await Task.sleep(for: stepTime) }
            } catch {
                if step > 1 { event(.checkpoint(checkpoint(step - 1))) }
                throw error
            }
            note("step \(step) of \(request.jobID)")
            log.withLock { log in
                log.steps += 1
                log.stepsByJob[request.jobID, default: []].append(step)
            }
            event(.step(StepProgress(step: step, total: steps)))
            event(.checkpoint(checkpoint(step)))
            event(.preview(try preview(of: step)))
        }
        note("made \(request.jobID)")
        let columns =
            references.isEmpty ? [[0, 0, 0]] : references.map { $0.latent.map { UInt8($0.rounded()) } }
        let side = 16
        let pixels = (0..<side).flatMap { _ in
            (0..<side).flatMap { x in columns[x * columns.count / side] }
        }
        let image = RGBImage(width: side, height: side, pixels: pixels)
        return Picture(
            png: try PNGEncoder.encode(
                image,
                text: [PNGText(keyword: "parameters", text: "\(request.prompt)\nSeed: \(request.seed)")]))
    }

    /// What a checkpoint must name to be gone on with.
    private static func identity(of request: PictureRequest, _ references: [EncodedReference]) throws
        -> [UInt8]
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(SHA256.hash(data: try encoder.encode(request) + encoder.encode(references)))
    }

    /// The step of a state, if it is of that picture.
    private static func step(in state: [UInt8], of identity: [UInt8]) -> Int? {
        state.dropFirst().elementsEqual(identity) ? state.first.map(Int.init) : nil
    }

    private func preview(of step: Int) throws -> PicturePreview {
        let shade = UInt8(truncatingIfNeeded: step)
        let png = try PNGEncoder.encode(RGBImage(width: 1, height: 1, pixels: [shade, shade, shade]))
        return PicturePreview(progress: StepProgress(step: step, total: steps), png: png)
    }

    public func memoryNeeded(for request: PictureRequest, references: Int) async -> Int64? {
        needed.withLock { $0 }
    }

    public func unload() async {}

    private func note(_ line: String) {
        guard let logFile else { return }
        let descriptor = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        let bytes = Array((line + "\n").utf8)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    /// The SHA-256 of the bytes, in hexadecimal.
    public static func hash(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
