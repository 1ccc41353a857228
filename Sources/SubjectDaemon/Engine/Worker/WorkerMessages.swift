import ControlAPI
import FoundationEssentials

/// Who is at this end of the pipes.
struct WorkerHello: Codable, Equatable {
    var version = ProductVersion.current
    var pid: Int32
}

/// What the daemon asks of a worker. The number names the call that is answered.
enum WorkerOrder: Equatable {
    case hello(WorkerHello)
    case describe(call: UInt32)
    case encodeReference(call: UInt32, ReferenceRequest)
    case generate(call: UInt32, PictureRequest, references: [EncodedReference], resumingFrom: StepCheckpoint?)
    case cancel(call: UInt32)
}

/// What a worker says.
enum WorkerReport: Equatable {
    case hello(WorkerHello)
    /// It computes: something has gone on since the last one.
    case heartbeat
    case description(call: UInt32, EngineDescription)
    case reference(call: UInt32, EncodedReference)
    case event(call: UInt32, PictureEvent)
    case picture(call: UInt32, Picture)
    case failure(call: UInt32, WorkerFailure)
}

/// Why a call has no other answer.
enum WorkerFailure: Codable, Equatable {
    case cancelled
    case photo(PhotoRejection)
    case engine(EngineFailure)

    init(_ error: any Error) {
        self =
            switch error {
            case is CancellationError: .cancelled
            case let rejection as PhotoRejection: .photo(rejection)
            case let failure as EngineFailure: .engine(failure)
            default: .engine(EngineFailure("\(error)"))
            }
    }

    /// As the engine would have thrown it here.
    var error: any Error {
        switch self {
        case .cancelled: CancellationError()
        case .photo(let rejection): rejection
        case .engine(let failure): failure
        }
    }
}

// MARK: As frames

/// The text of a frame: everything but the bulk, which is attached in the order in which it would stand here.
private enum OrderText: Codable {
    case hello(WorkerHello)
    case describe(UInt32)
    case encodeReference(UInt32, ReferenceRequest)
    case generate(UInt32, PictureRequest, references: [ReferenceText], checkpoint: StepProgress?)
    case cancel(UInt32)
}

private enum ReportText: Codable {
    case hello(WorkerHello)
    case heartbeat
    case description(UInt32, EngineDescription)
    case reference(UInt32, ReferenceText)
    case step(UInt32, StepProgress)
    case checkpoint(UInt32, StepProgress)
    case preview(UInt32, StepProgress)
    case picture(UInt32)
    case failure(UInt32, WorkerFailure)
}

private struct ReferenceText: Codable {
    var shape: [Int]
    var contentHash: String

    init(_ reference: EncodedReference) {
        shape = reference.shape
        contentHash = reference.contentHash
    }

    func reference(_ bytes: [UInt8]) throws -> EncodedReference {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw WorkerFrameError.damaged }
            count = product
        }
        guard bytes.count % 4 == 0, bytes.count / 4 == count else { throw WorkerFrameError.damaged }
        return EncodedReference(shape: shape, latent: [Float](littleEndian: bytes), contentHash: contentHash)
    }
}

extension WorkerFrame {
    fileprivate init(_ text: some Encodable, _ attachments: [[UInt8]] = []) throws {
        self.init(text: [UInt8](try JSONEncoder().encode(text)), attachments: attachments)
    }

    fileprivate func decoded<Text: Decodable>(_ type: Text.Type) throws -> Text {
        do { return try JSONDecoder().decode(type, from: Data(text)) } catch {
            throw WorkerFrameError.damaged
        }
    }

    fileprivate func expect(attachments count: Int) throws {
        guard attachments.count == count else { throw WorkerFrameError.damaged }
    }
}

extension WorkerOrder {
    func frame() throws -> WorkerFrame {
        switch self {
        case .hello(let hello): try WorkerFrame(OrderText.hello(hello))
        case .describe(let call): try WorkerFrame(OrderText.describe(call))
        case .encodeReference(let call, let request):
            try WorkerFrame(OrderText.encodeReference(call, request))
        case .cancel(let call): try WorkerFrame(OrderText.cancel(call))
        case .generate(let call, let request, let references, let checkpoint):
            try WorkerFrame(
                OrderText.generate(
                    call, request, references: references.map(ReferenceText.init),
                    checkpoint: checkpoint?.progress),
                references.map(\.latent.littleEndianBytes) + (checkpoint.map { [$0.state] } ?? []))
        }
    }

    init(_ frame: WorkerFrame) throws {
        let text = try frame.decoded(OrderText.self)
        guard case .generate(let call, let request, let references, let progress) = text else {
            try frame.expect(attachments: 0)
            self =
                switch text {
                case .hello(let hello): .hello(hello)
                case .describe(let call): .describe(call: call)
                case .encodeReference(let call, let request): .encodeReference(call: call, request)
                case .generate(let call, _, _, _), .cancel(let call): .cancel(call: call)
                }
            return
        }
        try frame.expect(attachments: references.count + (progress == nil ? 0 : 1))
        self = .generate(
            call: call, request,
            references: try zip(references, frame.attachments).map { try $0.reference($1) },
            resumingFrom: progress.map {
                StepCheckpoint(progress: $0, state: frame.attachments[references.count])
            })
    }
}

extension WorkerReport {
    func frame() throws -> WorkerFrame {
        switch self {
        case .hello(let hello): try WorkerFrame(ReportText.hello(hello))
        case .heartbeat: try WorkerFrame(ReportText.heartbeat)
        case .description(let call, let description):
            try WorkerFrame(ReportText.description(call, description))
        case .reference(let call, let reference):
            try WorkerFrame(
                ReportText.reference(call, ReferenceText(reference)), [reference.latent.littleEndianBytes])
        case .event(let call, .step(let progress)): try WorkerFrame(ReportText.step(call, progress))
        case .event(let call, .checkpoint(let checkpoint)):
            try WorkerFrame(ReportText.checkpoint(call, checkpoint.progress), [checkpoint.state])
        case .event(let call, .preview(let preview)):
            try WorkerFrame(ReportText.preview(call, preview.progress), [preview.png])
        case .picture(let call, let picture): try WorkerFrame(ReportText.picture(call), [picture.png])
        case .failure(let call, let failure): try WorkerFrame(ReportText.failure(call, failure))
        }
    }

    init(_ frame: WorkerFrame) throws {
        let text = try frame.decoded(ReportText.self)
        switch text {
        case .hello, .heartbeat, .description, .step, .failure: try frame.expect(attachments: 0)
        case .reference, .checkpoint, .preview, .picture: try frame.expect(attachments: 1)
        }
        self =
            switch text {
            case .hello(let hello): .hello(hello)
            case .heartbeat: .heartbeat
            case .description(let call, let description): .description(call: call, description)
            case .step(let call, let progress): .event(call: call, .step(progress))
            case .failure(let call, let failure): .failure(call: call, failure)
            case .reference(let call, let reference):
                .reference(call: call, try reference.reference(frame.attachments[0]))
            case .checkpoint(let call, let progress):
                .event(
                    call: call,
                    .checkpoint(StepCheckpoint(progress: progress, state: frame.attachments[0])))
            case .preview(let call, let progress):
                .event(call: call, .preview(PicturePreview(progress: progress, png: frame.attachments[0])))
            case .picture(let call): .picture(call: call, Picture(png: frame.attachments[0]))
            }
    }
}

extension [Float] {
    /// As they lie in memory, which is least significant byte first on every processor that this is built for.
    fileprivate var littleEndianBytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }

    fileprivate init(littleEndian bytes: [UInt8]) {
        self.init(unsafeUninitializedCapacity: bytes.count / 4) { floats, count in
            count = bytes.count / 4
            UnsafeMutableRawBufferPointer(floats).copyBytes(from: bytes.prefix(4 * count))
        }
    }
}
