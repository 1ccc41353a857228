import Glibc
import Logging

/// Where unfinished pictures can be gone on with: a file for each job that was interrupted.
struct CheckpointFolder: Sendable {
    private let folder: String
    private let logger: Logger

    private static let ending = ".checkpoint"

    /// Opens the folder, and makes it if it is not there.
    init(folder: String, logger: Logger) throws(SystemCallError) {
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw SystemCallError("create the folder", folder)
        }
        self.folder = folder
        self.logger = logger
    }

    /// Where an earlier attempt at the job got to. A damaged file is dropped.
    func load(_ key: String) -> StepCheckpoint? {
        let path = path(key)
        do throws(SystemCallError) {
            guard let bytes = try FileBytes.read(path, limit: CheckpointFile.maximumBytes),
                let checkpoint = CheckpointFile.decode(bytes, key: key)
            else {
                logger.warning("dropped a damaged checkpoint, \(path); its picture begins at the first step")
                unlink(path)
                return nil
            }
            return checkpoint
        } catch {
            if !error.isMissing {
                logger.warning("a checkpoint cannot be read (\(error)); its picture begins at the first step")
            }
            return nil
        }
    }

    /// Keeps how far the job is. Without room for it a crash costs more steps, and nothing else.
    func store(_ checkpoint: StepCheckpoint, for key: String) {
        guard checkpoint.state.count < CheckpointFile.maximumBytes - 4096 else { return }
        do {
            try AtomicFile.replace(path(key), with: CheckpointFile.encode(checkpoint, key: key), mode: 0o640)
        } catch {
            logger.warning("a checkpoint could not be kept (\(error)); a crash now would cost its steps")
        }
    }

    /// The job has ended.
    func remove(_ key: String) {
        unlink(path(key))
    }

    /// Removes what is left of jobs other than these.
    func sweep(but keys: Set<String>) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let isLeftover = name.hasPrefix(".jedi-") && name.hasSuffix(".part")
            let isOfAnother =
                name.hasSuffix(Self.ending) && !keys.contains(String(name.dropLast(Self.ending.count)))
            if isLeftover || isOfAnother { unlink(folder + "/" + name) }
        }
    }

    private func path(_ key: String) -> String { folder + "/" + key + Self.ending }
}
