@testable import SubjectDaemon

extension FuzzTarget {
    static let worker = [
        FuzzTarget(
            name: "worker", seeds: [("Fuzz/Corpus/worker", [])],
            words: [
                "JW\u{1}\0", "\"hello\"", "\"generate\"", "\"reference\"", "\"checkpoint\"", "\"picture\"",
                "\"_0\":", "\"_1\":", "\"shape\":[", "9223372036854775807", "-1", "4294967296", "null", "{}",
            ],
            shortRun: 40_000, maximumLength: 4096
        ) { bytes in
            // Behind its own head, and as if a head had announced it.
            if let length = try? WorkerFrame.length(head: bytes.prefix(WorkerFrame.headLength)) {
                precondition(length <= WorkerFrame.maximumLength)
                let body = Array(bytes.dropFirst(WorkerFrame.headLength).prefix(length))
                if let frame = try? WorkerFrame(body: body), body.count == length {
                    let again = try? frame.bytes()
                    precondition(again == Array(bytes.prefix(WorkerFrame.headLength + length)))
                }
                take(body)
            }
            take(bytes)
        },
        FuzzTarget(
            name: "wal", seeds: [("Fuzz/Corpus/wal", [])], words: [], shortRun: 60_000, maximumLength: 8192
        ) { bytes in
            _ = WriteAheadLog.isDamaged(bytes)
        },
    ]

    private static func take(_ body: [UInt8]) {
        guard let frame = try? WorkerFrame(body: body) else { return }
        // What is understood is sent on as it came: nothing of the bulk goes.
        if let order = try? WorkerOrder(frame) {
            precondition((try? order.frame())?.attachments == frame.attachments)
        }
        if let report = try? WorkerReport(frame) {
            precondition((try? report.frame())?.attachments == frame.attachments)
        }
    }
}
