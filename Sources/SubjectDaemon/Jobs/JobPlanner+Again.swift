import Crypto

extension JobPlanner {
    /// A job that makes the same picture once more, or one like it with other noise.
    ///
    /// - Parameters:
    ///   - origin: the key of the job that was asked for first.
    ///   - copy: counts how often, from 2.
    static func again(_ job: PlannedJob, origin: String, copy: Int, newSeed: Bool) -> PlannedJob {
        var hash = SHA256()
        hash.update(data: Array("jedi-again/1 \(origin) \(copy)".utf8))
        let key = Array(hash.finalize())
        var again = job
        again.key = key.hexadecimal
        again.repeats = origin
        // No prompt file asks for it, and so none takes it back.
        again.source = nil
        if newSeed { again.seed = seed(of: key) }
        return again
    }
}
