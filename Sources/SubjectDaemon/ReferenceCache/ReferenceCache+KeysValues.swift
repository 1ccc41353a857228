import Glibc
import JointDiffusion

/// What photos left behind in the model: files that the engine writes and reads, and that are looked after here.
extension ReferenceCache {
    /// Where they lie for a daemon with that state folder.
    static func keysValuesFolder(stateFolder: String) -> String {
        folder(stateFolder: stateFolder) + "/KeysValues"
    }

    private var keysValuesFolder: String { folder + "/KeysValues" }

    /// One of those files.
    struct KeysValuesFile: Sendable, Equatable {
        var name: String
        /// The photo, model and size that it is good for; nil where it cannot be read.
        var key: ReferenceKey?
        var bytes: Int64
    }

    /// What is kept, by name. Reads the files' first kilobytes only.
    func keysValues() -> [KeysValuesFile] {
        KeysValuesStore.files(in: keysValuesFolder).map { file in
            let key = KeysValuesStore.key(ofFile: keysValuesFolder + "/" + file.name)
            return KeysValuesFile(
                name: file.name,
                key: key.map {
                    ReferenceKey(
                        contentHash: $0.photo, modelHash: $0.model, width: $0.width, height: $0.height)
                }, bytes: file.bytes)
        }
    }

    /// Removes those files. Who has one open keeps what it reads.
    func remove(_ files: [KeysValuesFile]) {
        for file in files { unlink(keysValuesFolder + "/" + file.name) }
    }

    /// Reads a whole file and drops it unless it is what was written into it.
    ///
    /// - Returns: whether it is sound.
    func verify(_ file: KeysValuesFile) -> Bool {
        let path = keysValuesFolder + "/" + file.name
        if KeysValuesStore.isSound(file: path) { return true }
        // Gone meanwhile, for room: that is no damage.
        guard access(path, F_OK) == 0 else { return true }
        unlink(path)
        return false
    }
}
