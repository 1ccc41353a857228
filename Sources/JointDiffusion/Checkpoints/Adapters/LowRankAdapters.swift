import Tensors

/// The LoRA files of a model, in the order in which they are added.
final class LowRankAdapters {
    private let files: [LowRankFile]
    /// How many numbers of each network's weights that were adapted are copies now, in float32.
    private(set) var adaptedCounts: [ModelNetwork: Int] = [:]

    init(_ adapters: [WeightedAdapter], on backend: any Backend) throws(CheckpointError) {
        var files: [LowRankFile] = []
        for adapter in adapters { files.append(try LowRankFile(adapter, on: backend)) }
        self.files = files
    }

    /// Has a network's weights changed when they are taken.
    func adapt(_ checkpoint: ComponentCheckpoint, of network: ModelNetwork) throws(CheckpointError) {
        var adapted: Set<String> = []
        for file in files {
            do {
                let changes = try file.changes(of: network, modules: checkpoint.modules)
                checkpoint.add(changes)
                adapted.formUnion(changes.keys)
            } catch { throw .adapter(error) }
        }
        adaptedCounts[network, default: 0] += adapted.reduce(0) {
            $0 + (checkpoint.storedShape(of: $1 + ".weight")?.count ?? 0)
        }
    }

    /// Every key of every file must have been understood.
    func finish() throws(CheckpointError) {
        for file in files {
            do { try file.finish() } catch { throw .adapter(error) }
        }
    }

    /// All tensors.
    var weights: [(file: SafetensorsFile, tensor: String)] {
        files.flatMap { file in file.file.names.map { (file.file, $0) } }
    }
}
