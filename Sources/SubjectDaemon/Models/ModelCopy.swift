import Glibc

/// Copies what makes up a model, and nothing that happens to lie beside it. What counts for the model's hash is
/// copied whole, so that the copy has the same hash.
enum ModelCopy {
    /// One file.
    struct File: Sendable, Equatable {
        /// Its path below the model's folder.
        var name: String
        var bytes: Int64
    }

    private static let parts = ["scheduler", "text_encoder", "tokenizer", "unet", "vae"]
    private static let endings = [".json", ".txt", ".safetensors"]

    /// What a model consists of: a diffusers folder's files, or one file of weights with what lies beside it.
    static func files(of model: String) throws(SystemCallError) -> (root: String, files: [File]) {
        var facts = stat()
        guard stat(model, &facts) == 0 else { throw SystemCallError("read", model) }
        guard facts.st_mode & S_IFMT == S_IFREG, let slash = model.lastIndex(of: "/") else {
            return (model, try files(in: model))
        }
        let root = String(model[..<slash])
        let weights = String(model[model.index(after: slash)...])
        let stem = weights.hasSuffix(weightsEnding) ? String(weights.dropLast(weightsEnding.count)) : weights
        let beside = try files(in: root).filter {
            $0.name.hasPrefix("tokenizer/") || $0.name == stem + ".jedi.json"
        }
        return (root, beside + [File(name: weights, bytes: Int64(facts.st_size))])
    }

    private static let weightsEnding = ".safetensors"

    /// Whether those files make a model: a diffusers folder has an index, any other one file of weights.
    static func isModel(_ files: [File]) -> Bool {
        files.contains { $0.name == "model_index.json" }
            || files.count { !$0.name.contains("/") && $0.name.hasSuffix(weightsEnding) } == 1
    }

    /// The files to copy.
    static func files(in folder: String) throws(SystemCallError) -> [File] {
        var files: [File] = []
        let names = try self.names(in: folder).sorted()
        // Beside a diffusers folder's index, files of weights are the same model once more.
        let isIndexed = names.contains("model_index.json")
        for name in names
        where name.hasSuffix(".json") || isWords(name) || (!isIndexed && name.hasSuffix(weightsEnding)) {
            if let file = try file(name, in: folder) { files.append(file) }
        }
        for part in parts {
            let names: [String]
            do { names = try self.names(in: folder + "/" + part) } catch {
                // The strict loader says what is missing.
                if error.isMissing { continue }
                throw error
            }
            for name in names.sorted() where endings.contains(where: name.hasSuffix) {
                if let file = try file(part + "/" + name, in: folder) { files.append(file) }
            }
        }
        return files
    }

    /// Copies the files into a folder that is there and empty, and has them on the disk before it returns.
    static func copy(_ files: [File], from source: String, to target: String) throws(SystemCallError) {
        for file in files {
            if let slash = file.name.firstIndex(of: "/") {
                let part = target + "/" + file.name[..<slash]
                guard mkdir(part, 0o750) == 0 || errno == EEXIST else {
                    throw SystemCallError("create the folder", part)
                }
            }
            try copy(source + "/" + file.name, to: target + "/" + file.name)
        }
    }

    /// Removes what ``copy(_:from:to:)`` made.
    static func remove(_ folder: String) {
        for name in (try? names(in: folder)) ?? [] {
            let path = folder + "/" + name
            if unlink(path) != 0 { remove(path) }
        }
        rmdir(folder)
    }

    /// What the folder holds.
    static func names(in folder: String) throws(SystemCallError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemCallError("read", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Licences and what the model's makers say of it belong to it.
    private static func isWords(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("license") || name.hasPrefix("licence") || name.hasPrefix("readme")
    }

    /// A link counts as what it leads to: downloaded models are often links into a store of blobs.
    private static func file(_ name: String, in folder: String) throws(SystemCallError) -> File? {
        let path = folder + "/" + name
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw SystemCallError("read", path) }
        guard facts.st_mode & S_IFMT == S_IFREG else { return nil }
        guard access(path, R_OK) == 0 else { throw SystemCallError("read", path) }
        return File(name: name, bytes: Int64(facts.st_size))
    }

    private static func copy(_ source: String, to target: String) throws(SystemCallError) {
        let from = open(source, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw SystemCallError("read", source) }
        defer { close(from) }
        let to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard to >= 0 else { throw SystemCallError("create", target) }
        defer { close(to) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(from, buffer.baseAddress, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SystemCallError("read", source)
            }
            var written = 0
            while written < count {
                let part = write(to, buffer.baseAddress! + written, count - written)
                if part >= 0 {
                    written += part
                } else if errno != EINTR {
                    throw SystemCallError("write", target)
                }
            }
        }
        guard fsync(to) == 0 else { throw SystemCallError("fsync", target) }
    }
}
