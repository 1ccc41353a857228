import Foundation

/// The prompts of an evaluation, and what its file says about subjects besides.
///
/// Either one prompt a line, empty lines and those that begin with `#` left out; or DreamBench's `prompts_and_classes.txt`
/// as it is: the subjects' classes, prompts for objects, and prompts for live subjects, which are its cats and dogs.
public struct EvaluationPrompts: Sendable, Equatable {
    public let file: String
    private(set) var objects: [PromptTemplate] = []
    /// Nil: all subjects have the same prompts.
    private(set) var live: [PromptTemplate]?
    /// By the subject's folder name.
    public private(set) var classes: [String: String] = [:]

    /// The name that DreamBench gives its file.
    public static let dreamBenchName = "prompts_and_classes.txt"

    private static let liveClasses: Set<String> = ["cat", "dog"]

    /// The prompts that a person names, or else those that lie beside the subjects, as DreamBench has them.
    public static func read(
        _ file: String?, subjects folder: String
    ) throws(EvaluationError) -> EvaluationPrompts {
        if let file { return try EvaluationPrompts(file: file) }
        let file = "\(folder)/\(dreamBenchName)"
        guard FileManager.default.fileExists(atPath: file) else {
            _ = try SubjectFolder.listing(folder)
            throw .noPromptFile(folder: folder, name: dreamBenchName)
        }
        return try EvaluationPrompts(file: file)
    }

    public init(file: String) throws(EvaluationError) {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
            throw .unreadable(file, error)
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw .unreadable(path: file, reason: "it is not UTF-8 text")
        }
        try self.init(text: text, file: file)
    }

    /// - Parameter file: the name for messages.
    init(text: String, file: String) throws(EvaluationError) {
        self.file = file
        let lines = text.trimmingPrefix("\u{FEFF}")
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { (number: $0 + 1, text: $1.trimmingCharacters(in: .whitespaces)) }
            .filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
        if lines.contains(where: { $0.text.hasPrefix("prompt_list") }) {
            try readDreamBench(lines)
        } else {
            for line in lines { objects.append(try Self.template(line.text, file: file, line: line.number)) }
        }
        guard !objects.isEmpty, live?.isEmpty != true else { throw .noPrompts(file: file) }
    }

    /// The prompts for a subject of that class, in order; the first is number 1.
    public func prompts(for noun: String) -> [String] {
        let templates = Self.liveClasses.contains(noun) ? live ?? objects : objects
        return templates.map { $0.filled(with: noun) }
    }

    private mutating func readDreamBench(_ lines: [(number: Int, text: String)]) throws(EvaluationError) {
        enum Section { case none, classes, objects, live }
        var section = Section.none
        var isInList = false
        for (number, line) in lines {
            switch line {
            case "Classes": (section, isInList) = (.classes, false)
            case "Object Prompts": (section, isInList) = (.objects, false)
            case "Live Subject Prompts": (section, isInList) = (.live, false)
            case "Prompts", "subject_name,class": continue
            case "prompt_list = [" where section == .objects || section == .live: isInList = true
            case "]" where isInList: isInList = false
            default:
                if section == .classes {
                    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                        .map { $0.trimmingCharacters(in: .whitespaces) }
                    guard fields.count == 2, fields.allSatisfy({ !$0.isEmpty }) else {
                        throw .badPrompt(
                            file: file, line: number, reason: "it is not 'subject,class' as in DreamBench")
                    }
                    classes[fields[0]] = fields[1]
                    continue
                }
                guard isInList else {
                    throw .badPrompt(file: file, line: number, reason: "DreamBench's file has no such line")
                }
                let template = try Self.template(try quoted(line, number), file: file, line: number)
                if section == .live { live = (live ?? []) + [template] } else { objects.append(template) }
            }
        }
    }

    /// What stands between the quotes of `'...'.format(unique_token, class_token),`.
    private func quoted(_ line: String, _ number: Int) throws(EvaluationError) -> String {
        let text = line.hasSuffix(",") ? line.dropLast() : line[...]
        let call = ".format(unique_token, class_token)"
        guard text.hasSuffix(call) else {
            throw .badPrompt(file: file, line: number, reason: "it does not end in \(call)")
        }
        let literal = text.dropLast(call.count)
        guard literal.count >= 2, let quote = literal.first, quote == literal.last, "'\"".contains(quote),
            !literal.contains("\\"), !literal.dropFirst().dropLast().contains(quote)
        else {
            throw .badPrompt(file: file, line: number, reason: "the prompt is not in simple quotes")
        }
        return String(literal.dropFirst().dropLast())
    }

    private static func template(
        _ text: String, file: String, line: Int
    ) throws(EvaluationError) -> PromptTemplate {
        do { return try PromptTemplate(text) } catch {
            throw .badPrompt(file: file, line: line, reason: error.reason)
        }
    }
}
