import ControlAPI
import FoundationEssentials
import Subprocess

/// Loads a model in a process of its own: it may take as much memory as it wants, and may die of it.
struct ModelChecker: Sendable {
    let program: String
    let limit: Duration

    /// What the program prints.
    private struct Answer: Decodable {
        var usable: Bool
        var error: String?
        var name: String?
        var hash: String?
        var mode: String?
        var width: Int?
        var height: Int?
        var memoryBytes: Int64?

        enum CodingKeys: String, CodingKey {
            case usable, error, name, hash, mode, width, height
            case memoryBytes = "memory_bytes"
        }
    }

    /// What comes of loading the model in that folder.
    func check(_ folder: String) async -> ModelCheckReport {
        do {
            return try await withThrowingTaskGroup(of: ModelCheckReport.self) { group in
                group.addTask { try await load(folder) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return unusable(
                        folder, "it was not loaded within \(Int(limit.inSeconds)) s; the check was ended")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? unusable(folder, "nothing came of the check")
            }
        } catch {
            return unusable(folder, "the check could not be made: \(error)")
        }
    }

    private func load(_ folder: String) async throws -> ModelCheckReport {
        var options = PlatformOptions()
        // Ended at once when the time is up.
        options.teardownSequence = []
        let outcome = try await Subprocess.run(
            .path(.init(program)), arguments: ["check-model", folder, "--json"], platformOptions: options,
            output: .string(limit: 256 << 10), error: .string(limit: 64 << 10))
        guard let answer = Self.answer(in: outcome.standardOutput) else {
            let said = outcome.standardError.split(separator: "\n").last.map(String.init)
            return unusable(folder, said ?? "the check ended without a word (\(outcome.terminationStatus))")
        }
        return ModelCheckReport(
            folder: folder, usable: answer.usable, problem: answer.error, name: answer.name,
            modelHash: answer.hash, mode: answer.mode, width: answer.width, height: answer.height,
            memoryNeeded: answer.memoryBytes)
    }

    private static func answer(in output: String) -> Answer? {
        try? JSONDecoder().decode(Answer.self, from: Data(output.utf8))
    }

    private func unusable(_ folder: String, _ problem: String) -> ModelCheckReport {
        ModelCheckReport(folder: folder, usable: false, problem: problem)
    }
}
