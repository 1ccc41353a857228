/// Why a model is not taken in, or cannot be found.
enum ModelLibraryError: Error, Equatable, CustomStringConvertible {
    /// The path does not begin at the file system's root.
    case relativePath(String)
    /// The name cannot be a folder's, or says nothing.
    case name(String)
    /// Another model has the name.
    case nameTaken(name: String, folder: String)
    /// There is no such model.
    case unknown(name: String, known: [String])
    /// The daemon cannot read it.
    case unreadable(path: String, reason: String, user: String, importFolder: String)
    /// It is not a model.
    case noModel(folder: String)
    /// There is not enough room.
    case noRoom(folder: String, needed: Int64, free: Int64)
    /// It was copied and cannot be used.
    case unusable(folder: String, reason: String)
    /// Another model is being copied or checked.
    case busy
    /// It could not be written.
    case system(SystemCallError)

    var description: String {
        switch self {
        case .relativePath(let path):
            "'\(path)' is no absolute path: jedid works in another folder than you do, so name the whole path."
        case .name(let name):
            "'\(name)' cannot be a model's name: use letters, digits, dots, dashes and underscores, at most 100, "
                + "and no dot at the beginning (--name NAME)."
        case .nameTaken(let name, let folder):
            "there is a model '\(name)' already, in \(folder): give this one another name with --name."
        case .unknown(let name, let known):
            "there is no model '\(name)'; there are: "
                + (known.isEmpty ? "none" : known.joined(separator: ", ")) + "."
        case .unreadable(let path, let reason, let user, let importFolder):
            "jedid, which runs as the user \(user), cannot read \(path): \(reason). A service does not see /home: "
                + "copy the model's folder to where it can read it, for example "
                + "'sudo cp -r FOLDER \(importFolder)/NAME && sudo chown -R \(user) \(importFolder)/NAME'; "
                + "there it counts as brought in."
        case .noModel(let folder):
            "\(folder) is no model: it has no model_index.json. A model is a diffusers folder, or one safetensors "
                + "file in the original layout."
        case .noRoom(let folder, let needed, let free):
            "there is no room for it in \(folder): it needs \(needed >> 20) MiB and \(free >> 20) MiB are free."
        case .unusable(let folder, let reason):
            "\(folder) cannot be used and was not kept: \(reason)"
        case .busy:
            "another model is being copied or checked: try again when that has ended."
        case .system(let error):
            "the model could not be written: \(error)."
        }
    }
}
