import ArgumentParser
import Foundation
import SubjectDaemon
import Tensors

/// Where weights are kept as this processor reads them.
struct PackedWeightOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A folder in which weights are kept as this processor reads them, so that the next start finds them ready.
            """, valueName: "dir"))
    var packedWeights: String?
    @Option(help: "What they may take there, in bytes.") var packedWeightsBytes =
        EngineCachePlace.usualPackedWeights

    func validate() throws {
        guard packedWeightsBytes >= 0 else {
            throw ValidationError("--packed-weights-bytes is \(packedWeightsBytes); it must not be negative.")
        }
    }

    /// Nil where no folder was named.
    func place(leftFree: Int64 = BudgetedFolder.usualLeftFree) -> EngineCachePlace? {
        packedWeights.map { EngineCachePlace(folder: $0, bytes: packedWeightsBytes, leftFree: leftFree) }
    }

    /// The processor with that folder.
    func backend(_ configuration: CPUConfiguration) throws -> CPUBackend {
        guard let place = place() else { return CPUBackend(configuration) }
        let store = try PackedWeightStore(folder: place.folder, budget: place.bytes) {
            FileHandle.standardError.write(Data("\($0)\n".utf8))
        }
        return CPUBackend(configuration, packedWeights: store)
    }
}
