import Images

/// Which files and folders the daemon looks at, by their names alone.
enum FileRules {
    /// What a file in a subject's folder is for.
    enum Kind: Sendable, Equatable {
        /// A reference, in a format that is read.
        case photo
        /// A picture in a format that is not read.
        case unreadablePhoto(format: String)
        /// The prompts.
        case prompt
    }

    /// The file that holds a subject's prompts.
    static let promptName = "prompt.txt"
    /// The folder that the pictures go to.
    static let outputName = "output"
    /// What is the matter with the prompt file, beside it.
    static let promptNoteName = "prompt.error.txt"
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

    /// Half-copied files of other programs, editors' leavings and folders of storage boxes.
    static func isIgnored(_ name: String) -> Bool {
        let lower = name.lowercased()
        if name.hasPrefix(".") || name.hasPrefix("~syncthing~") || name.hasPrefix("~$") { return true }
        if name.hasPrefix("#") && (name.hasSuffix("#") || lower == "#recycle" || lower == "#snapshot") {
            return true
        }
        if [".part", ".filepart", ".crdownload", ".download", ".tmp", "~", ".swp", ".swx"].contains(
            where: lower.hasSuffix)
        {
            return true
        }
        return [
            "@eadir", "@recycle", "thumbs.db", "ehthumbs.db", "desktop.ini", "lost+found", "$recycle.bin",
            "system volume information", promptNoteName, photosNoteName,
        ].contains(lower)
    }

    /// What the file is for; nil where the daemon has no use for it.
    static func kind(_ name: String) -> Kind? {
        if isIgnored(name) { return nil }
        if name == promptName { return .prompt }
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        if photoEndings.contains(ending) { return .photo }
        return unreadEndings[ending].map { .unreadablePhoto(format: $0) }
    }

    /// Whether a folder of that name under the root is a subject.
    static func isSubject(_ name: String) -> Bool {
        !isIgnored(name)
    }

    /// Whether an event about that name in the folder of that key is worth a look.
    static func matters(_ name: String, isFolder: Bool, key: String) -> Bool {
        if key == ChangeMailbox.rootKey { return isSubject(name) }
        return !isFolder && kind(name) != nil
    }
}
