import Images

/// Which files and folders the daemon looks at, by their names alone.
///
/// A file in a folder within the subject's is named by its path, as in "2024/a.jpg".
enum FileRules {
    /// What a file in a subject's folder is for.
    enum Kind: Sendable, Equatable {
        /// A reference, in a format that is read.
        case photo
        /// A picture in a format that is not read.
        case unreadablePhoto(format: String)
        /// Which part of a photo is made anew.
        case mask
        /// Prompts.
        case prompt
        /// What holds for all pictures of the subject.
        case settings
    }

    /// The file that holds a subject's prompts, unless there are several.
    static let promptName = "prompt.txt"
    /// How the names of further prompt files end.
    static let promptEnding = ".prompt.txt"
    /// The mask of a subject's photo, unless there are several.
    static let maskName = "mask.png"
    /// How the names of further masks end.
    static let maskEnding = ".mask.png"
    /// The file that holds a subject's settings.
    static let settingsName = "subject.yaml"
    /// The file in the root that holds settings for all subjects.
    static let defaultsName = "defaults.yaml"
    /// The folder that the pictures go to.
    static let outputName = "output"
    /// The folder for pictures that are never removed.
    static let keepName = "keep"
    /// What is the matter with the root's settings, beside them.
    static let defaultsNoteName = "defaults.error.txt"
    /// What is the matter with photos, beside them.
    static let photosNoteName = "photos.error.txt"

    /// Those of formats that need a library which this build lacks as well: a look at the photo says so.
    private static let photoEndings = Set(ImageFormat.allCases.flatMap(\.fileEndings))

    private static let unreadEndings: [String: String] = [
        "gif": "GIF", "tif": "TIFF", "tiff": "TIFF", "bmp": "BMP", "jxl": "JPEG XL", "jp2": "JPEG 2000",
        "dng": "raw", "cr2": "raw", "cr3": "raw",
        "nef": "raw",
        "arw": "raw", "orf": "raw", "rw2": "raw", "raf": "raw",
    ]

    private static let ignoredEndings = [
        ".part", ".filepart", ".crdownload", ".download", ".tmp", "~", ".swp", ".swx",
    ]

    private static let ignoredNames: Set<String> = [
        "@eadir", "@recycle", "#recycle", "#snapshot", "thumbs.db", "ehthumbs.db", "desktop.ini",
        "lost+found",
        "$recycle.bin", "system volume information",
    ]

    /// Half-copied files of other programs, editors' leavings, folders of storage boxes, the daemon's own messages.
    static func isIgnored(_ name: String) -> Bool {
        if name.hasPrefix(".") || name.hasPrefix("~syncthing~") || name.hasPrefix("~$") { return true }
        if name.hasPrefix("#") && name.hasSuffix("#") { return true }
        let lower = name.lowercased()
        return ignoredEndings.contains(where: lower.hasSuffix) || ignoredNames.contains(lower)
            || isNote(lower)
    }

    /// Whether a file of that name is one of the daemon's messages.
    static func isNote(_ name: String) -> Bool {
        name.hasSuffix(".error.txt")
            && (name == photosNoteName || name == note(on: settingsName) || name == defaultsNoteName
                || isPrompt(about(note: name)))
    }

    /// The file that says what is the matter with that prompt or settings file.
    static func note(on name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return name + ".error.txt" }
        return name[..<dot] + ".error.txt"
    }

    /// The file that such a message is about.
    static func about(note: String) -> String {
        switch note {
        case photosNoteName: return "photos"
        case Self.note(on: settingsName): return settingsName
        case defaultsNoteName: return defaultsName
        default: return note.dropLast("error.txt".count) + "txt"
        }
    }

    private static func isPrompt(_ name: String) -> Bool {
        name == promptName || (name.hasSuffix(promptEnding) && name.utf8.count > promptEnding.utf8.count)
    }

    /// Whether a file of that name, or path, is a mask and so no photo of the subject.
    static func isMask(_ path: String) -> Bool {
        let name = path.lowercased().split(separator: "/").last ?? ""
        return name == maskName || (name.hasSuffix(maskEnding) && name.utf8.count > maskEnding.utf8.count)
    }

    /// What the file is for; nil where the daemon has no use for it.
    static func kind(_ path: String) -> Kind? {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex, !isIgnored(name)
        else { return nil }
        if slash == nil {
            if isPrompt(name) { return .prompt }
            if name == settingsName { return .settings }
        }
        let ending = name[name.utf8.index(after: dot)...].lowercased()
        if isMask(name) { return .mask }
        if photoEndings.contains(ending) { return .photo }
        return unreadEndings[ending].map { .unreadablePhoto(format: $0) }
    }

    /// Whether a folder of that name under the root is a subject.
    static func isSubject(_ name: String) -> Bool {
        !isIgnored(name)
    }

    /// Whether photos in a folder of that name, within a subject's, are the subject's.
    static func holdsPhotos(_ name: String) -> Bool {
        name != outputName && name != keepName && !isIgnored(name)
    }

    /// Whether an event about that name in the folder of that key is worth a look.
    static func matters(_ name: String, isFolder: Bool, key: FolderKey) -> Bool {
        if key.isRoot { return isSubject(name) }
        return isFolder ? holdsPhotos(name) : kind(key.path(of: name)) != nil
    }
}
