/// The photo or mask that an option names.
enum NamedPicture: Sendable {
    /// That one.
    case found(SubjectFile)
    /// Why there is none that can be used, as a sentence without its end.
    case missing(String)
}

extension SubjectMachine {
    /// The photo that an option names, or the mask.
    func picture(_ option: PromptOption, named name: String, at now: Moment) -> NamedPicture {
        let roles: [SubjectFile.Role] = option == .mask ? [.mask] : [.photo, .unreadablePhoto]
        let files = files.filter { roles.contains($0.role) }
        // What was meant is told what is wrong with it, before others are tried that are called nearly so.
        if let file = files.first(where: { $0.name == name }) { return whole(file, option, at: now) }
        let alike = PhotoPatterns.find([name], among: files.map(\.name)).found
        guard alike.count < 2 else {
            let names = alike.prefix(3).joined(separator: ", ") + (alike.count > 3 ? ", ..." : "")
            return .missing(
                "\(option.rawValue) is \(WritingMistake.quoted(name)), and \(names) are; name one")
        }
        if let file = alike.first.flatMap(file) { return whole(file, option, at: now) }
        let sound = files.filter(\.isSound).map(\.name)
        return .missing(PhotoPatterns.problem(missing: [name], among: sound, what: option.kindOfPicture))
    }

    private func whole(_ file: SubjectFile, _ option: PromptOption, at now: Moment) -> NamedPicture {
        if file.isSound { return .found(file) }
        let reason = file.rejection(patience, at: now) ?? "it is still arriving"
        return .missing("the \(option.kindOfPicture) \(file.name) cannot be used: \(reason)")
    }
}

extension PromptOption {
    fileprivate var kindOfPicture: String { self == .mask ? "mask" : "photo" }
}
