import ControlAPI
import NIOCore

@testable import SubjectDaemon

extension FuzzTarget {
    static let daemon = [
        FuzzTarget(
            name: "prompt", seeds: [("Fuzz/Corpus/prompt", [])],
            words: [
                "--negative_prompt", "--seed", "--steps", "--sampler", "--cfg_scale", "---\n", "\r\n",
                "\u{FEFF}",
                "\u{2028}", "\"", "\\", "seed: ", "count: 3\n", "photos: [", "# ", "18446744073709551616",
            ],
            shortRun: 15_000, maximumLength: 4096
        ) { bytes in
            let contents = PromptFile.parse(bytes)
            precondition(contents.pictures <= PromptFile.maximumPictures)
            // Whoever saves the file again must not get other pictures.
            precondition(PromptFile.parse(bytes) == contents)
            let jobs = JobPlanner.jobs(subject: "s", lines: contents.lines, references: [])
            precondition(Set(jobs.map(\.key)).count == jobs.count, "two lines, one job")
        },
        FuzzTarget(
            name: "request", seeds: [("Fuzz/Corpus/request", [])],
            words: [
                "version", "command", "status", "\"id\":", "null", "-1", "1e400", "\n", "{", "}", "\\ud800",
            ],
            shortRun: 60_000, maximumLength: 4096
        ) { bytes in
            var decoder = LineDecoder()
            var buffer = ByteBuffer(bytes: bytes)
            var length = 0
            do {
                while let line = try decoder.decode(buffer: &buffer) {
                    length += line.readableBytes + 1
                    _ = ControlResponder.parse(Array(line.readableBytesView))
                }
            } catch { fatalError("\(error)") }
            precondition(length + buffer.readableBytes == bytes.count, "bytes went")
            _ = ControlResponder.parse(bytes)
            _ = try? ControlProtocol.message(ControlReply.self, from: bytes)
        },
    ]
}
