import Tensors

/// Looks at the shapes of a file's tensors.
struct OriginalShapes {
    private let file: SafetensorsFile
    private let names: Set<String>
    /// For every prefix that numbers follow: one more than the highest of them.
    private let counts: [String: Int]

    init(_ file: SafetensorsFile) {
        self.file = file
        names = Set(file.names)
        var counts: [String: Int] = [:]
        for name in names {
            let parts = name.split(separator: ".")
            var prefix = ""
            for part in parts {
                if let number = Int(part), number >= 0, number < 10_000 {
                    counts[prefix] = max(counts[prefix] ?? 0, number + 1)
                }
                prefix += part + "."
            }
        }
        self.counts = counts
    }

    func has(_ key: String) -> Bool { names.contains(key) }

    /// How many numbered things there are behind a prefix that ends with a dot.
    func count(_ prefix: String) -> Int { counts[prefix] ?? 0 }

    func rank(_ key: String) throws(CheckpointError) -> Int {
        guard let shape = file.shape(of: key) else { throw missing(key) }
        return shape.rank
    }

    func extents(_ key: String, rank: Int) throws(CheckpointError) -> [Int] {
        guard let shape = file.shape(of: key) else { throw missing(key) }
        guard shape.rank == rank, shape.dimensions.allSatisfy({ (1...(1 << 24)).contains($0) }) else {
            throw strange("its tensor '\(key)' has shape \(shape), where \(rank) dimensions are needed")
        }
        return shape.dimensions
    }

    func missing(_ key: String) -> CheckpointError { .missingTensor(file: file.path, tensor: key) }

    func strange(_ reason: String) -> CheckpointError { .notOriginal(file: file.path, reason: reason) }
}
