import ControlAPI
import Testing

@testable import SubjectDaemon

/// The messages between the daemon and its worker, as bytes that somebody else may have written.
@Suite struct WorkerMessageTests {
    static let request = PictureRequest(
        subject: "toby", jobID: "a1b2", prompt: "toby \"on\" the\nmoon", seed: .max,
        options: PictureOptions(), references: [.init(name: "ä.png", contentHash: "ff00")])
    static let started = PictureRequest(
        subject: "toby", jobID: "a1b2", prompt: "toby", seed: 1, options: PictureOptions(strength: 0.5),
        references: [],
        start: StartFiles(
            photos: StartPhotos(
                photo: .init(name: "ä.png", contentHash: "ff00"),
                mask: .init(name: "mask.png", contentHash: "11")), photoPath: "/a b/ä.png",
            maskPath: "/a b/mask.png"))
    static let reference = EncodedReference(
        shape: [1, 2, 3],
        latent: [0, -0.0, .infinity, .leastNonzeroMagnitude, -1.5, .greatestFiniteMagnitude],
        contentHash: "ff00")
    static let checkpoint = StepCheckpoint(
        progress: StepProgress(step: 3, total: 20), state: [0, 255, 10, 13])

    static let orders: [WorkerOrder] = [
        .hello(WorkerHello(version: "9", pid: 7)), .describe(call: 1),
        .encodeReference(
            call: 2, ReferenceRequest(path: "/a b/c.jpg", contentHash: "ff", width: 512, height: 640)),
        .generate(call: .max, request, references: [reference, reference], resumingFrom: checkpoint),
        .generate(call: 5, started, references: [], resumingFrom: nil),
        .generate(call: 4, request, references: [], resumingFrom: nil), .cancel(call: 4),
    ]

    static let reports: [WorkerReport] = [
        .hello(WorkerHello(version: "9", pid: 7)), .heartbeat,
        .description(
            call: 1,
            EngineDescription(model: "m", modelHash: "h", defaultMode: "cached", width: 64, height: 32)),
        .reference(call: 2, reference),
        .event(call: 3, .step(StepProgress(step: 1, total: 2))),
        .event(call: 3, .checkpoint(checkpoint)),
        .event(
            call: 3,
            .preview(PicturePreview(progress: StepProgress(step: 1, total: 2), png: [1, 2, 3]))),
        .picture(call: 3, Picture(png: [UInt8](repeating: 9, count: 1000))),
        .failure(call: 4, .cancelled), .failure(call: 4, .engine(EngineFailure("no"))),
        .failure(call: 4, .photo(PhotoRejection("gone", fault: .changed))),
        .failure(call: 4, .photo(PhotoRejection("cut", contentHash: "ff"))),
    ]

    /// What a reader makes of bytes: head, length, body.
    private static func frame(_ bytes: [UInt8]) throws -> WorkerFrame {
        let length = try WorkerFrame.length(head: bytes.prefix(WorkerFrame.headLength))
        guard bytes.count == WorkerFrame.headLength + length else { throw WorkerFrameError.damaged }
        return try WorkerFrame(body: Array(bytes.dropFirst(WorkerFrame.headLength)))
    }

    @Test(arguments: orders) func ordersArriveAsTheyWereSent(_ order: WorkerOrder) throws {
        #expect(try WorkerOrder(Self.frame(order.frame().bytes())) == order)
    }

    @Test(arguments: reports) func reportsArriveAsTheyWereSent(_ report: WorkerReport) throws {
        #expect(try WorkerReport(Self.frame(report.frame().bytes())) == report)
    }

    @Test func cutAtAnyByteAMessageIsRefused() throws {
        for bytes in try Self.orders.map({ try $0.frame().bytes() })
            + Self.reports.map({ try $0.frame().bytes() })
        {
            for count in 0..<bytes.count {
                let cut = Array(bytes.prefix(count))
                #expect(throws: WorkerFrameError.self) { try Self.frame(cut) }
                // The same with a head that fits what is left.
                guard count >= WorkerFrame.headLength else { continue }
                let body = Array(cut.dropFirst(WorkerFrame.headLength))
                #expect(throws: WorkerFrameError.self) {
                    let frame = try WorkerFrame(body: body)
                    _ = try WorkerOrder(frame)
                    _ = try WorkerReport(frame)
                }
            }
        }
    }

    @Test func changedAtAnyByteAMessageIsRefusedOrAnotherButNeverACrash() throws {
        var random = SplitMix(state: 5)
        var refused = 0
        let all =
            try Self.orders.map { try $0.frame().bytes() } + Self.reports.map { try $0.frame().bytes() }
        for _ in 0..<20_000 {
            var bytes = all[Int(random.next() % UInt64(all.count))]
            for _ in 0...(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if (try? Self.frame(bytes)).map({
                ((try? WorkerOrder($0)) == nil) && ((try? WorkerReport($0)) == nil)
            })
                ?? true
            {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }

    @Test func headsThatPromiseTooMuchOrSpeakAnotherProtocolAreRefused() {
        #expect(throws: WorkerFrameError.tooLong) {
            try WorkerFrame.length(head: [74, 87, WorkerFrame.version, 0, 0xFF, 0xFF, 0xFF, 0xFF])
        }
        #expect(throws: WorkerFrameError.version(2)) {
            try WorkerFrame.length(head: [74, 87, 2, 0, 4, 0, 0, 0])
        }
        #expect(throws: WorkerFrameError.damaged) { try WorkerFrame.length(head: Array("HTTP/1.1".utf8)) }
        #expect(throws: WorkerFrameError.tooLong) {
            try WorkerFrame(text: [UInt8](repeating: 32, count: WorkerFrame.maximumTextLength + 1)).bytes()
        }
    }

    @Test func aReferenceWhoseNumbersDoNotFillItsShapeIsRefused() throws {
        for shape in [[1, 2, 4], [7], [-1, -6], [Int.max, Int.max], [6, 0]] {
            var odd = Self.reference
            odd.shape = shape
            let bytes = try WorkerReport.reference(call: 1, odd).frame().bytes()
            #expect(throws: WorkerFrameError.damaged) { try WorkerReport(Self.frame(bytes)) }
        }
    }
}

/// Numbers that are the same in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
