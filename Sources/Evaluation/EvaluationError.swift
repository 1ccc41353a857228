/// Why an evaluation cannot be made; each case names the file or the folder, and the fix.
public enum EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    /// A folder that is no checkpoint of that kind in transformers' layout.
    case notCheckpoint(folder: String, kind: String, reason: String)
    case partsDiffer(folder: String, reason: String)
    case notFinite(folder: String, what: String)
    case badPrompt(file: String, line: Int, reason: String)
    case noPrompts(file: String)
    /// Neither prompts were named nor are those of DreamBench beside the subjects.
    case noPromptFile(folder: String, name: String)
    case noSubjects(folder: String)
    case unknownSubjects(names: [String], folder: String, known: [String])
    case noPhotos(folder: String)
    case noClass(subject: String)
    case badSettings(file: String, reason: String)
    case badManifest(file: String, line: Int, reason: String)
    case badImage(file: String, reason: String)
    case missingMask(file: String, mask: String)
    case wrongMask(file: String, mask: String, expected: String, actual: String)
    case missingPictures(folder: String, names: [String])
    case unnumberedPicture(file: String, prompts: Int)
    case otherPicture(file: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)."
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)."
        case .notCheckpoint(let folder, let kind, let reason):
            "\(folder) is no \(kind) in transformers' layout: \(reason)."
        case .partsDiffer(let folder, let reason): "\(folder): \(reason). The files are not of one model."
        case .notFinite(let folder, let what):
            "\(folder): the embedding of \(what) is not finite. Copy or download the weights again."
        case .badPrompt(let file, let line, let reason): "\(file), line \(line): \(reason)."
        case .noPrompts(let file):
            "\(file) holds no prompt. Write one a line, as 'a {class} on the beach'."
        case .noPromptFile(let folder, let name):
            "\(folder) holds no \(name). Name the file with the prompts: --prompts FILE."
        case .noSubjects(let folder):
            "\(folder) holds no subject. Each needs a folder with its photos, as \(folder)/rex/1.jpg."
        case .unknownSubjects(let names, let folder, let known):
            "\(folder) has no subject \(Self.list(names)). There are: \(Self.list(known))."
        case .noPhotos(let folder):
            "\(folder) holds no photo. Put the subject's photos there, move the folder away, or name the subjects that "
                + "are meant with --only."
        case .noClass(let subject):
            "Nothing says what \(subject) shows. Write 'class: dog', or what it is, into \(subject)/subject.yaml; a "
                + "prompts_and_classes.txt as DreamBench has it serves too."
        case .badSettings(let file, let reason): "\(file): \(reason)."
        case .badManifest(let file, let line, let reason): "\(file), line \(line): \(reason)."
        case .badImage(let file, let reason): "\(file): \(reason)."
        case .missingMask(let file, let mask):
            "\(file) has no mask, and others of its folder have. Put it to \(mask), or take the others away."
        case .wrongMask(let file, let mask, let expected, let actual):
            "\(mask) is \(actual) and \(file) is \(expected): a mask has its picture's size."
        case .missingPictures(let folder, let names):
            "\(folder): \(names.count) picture\(names.count == 1 ? " is" : "s are") missing: "
                + "\(Self.list(names)). A picture's name begins with its prompt's number, the first being 1."
        case .unnumberedPicture(let file, let prompts):
            "\(file): nothing says which prompt it is of. Let its name begin with the prompt's number, from 1 to "
                + "\(prompts), as in 07.png or 07-2.png."
        case .otherPicture(let file):
            "\(file) was made otherwise than this evaluation would. Give another --out, or move its pictures away."
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
    }
}
