extension SubjectMachine {
    /// Photos that can be used, by the order of their names' bytes.
    var usablePhotos: [SubjectFile] { files.filter(\.isUsable) }

    /// Photos and masks that can be used, by the order of their names' bytes.
    var soundPictures: [SubjectFile] { files.filter(\.isSound) }

    /// What a photo or a mask is, as far as it was looked at.
    struct PictureState: Sendable, Equatable {
        var fingerprint: FileFingerprint?
        var verdict: PhotoVerdict?
    }

    /// What all of them are, by name.
    var pictureStates: [String: PictureState] {
        files.reduce(into: [:]) { states, file in
            if file.isPicture {
                states[file.name] = PictureState(fingerprint: file.fingerprint, verdict: file.verdict)
            }
        }
    }

    /// The SHA-256 of its photos and masks by name, as far as they were read.
    var photoHashes: [String: String] {
        files.reduce(into: [:]) { hashes, file in
            if file.isPicture, let hash = file.contentHash { hashes[file.name] = hash }
        }
    }

    /// Photos and masks that cannot be used, by name, with the reasons.
    func rejectedPhotos(at now: Moment) -> [RejectedPhoto] {
        files.compactMap { file in
            file.rejection(patience, at: now).map { RejectedPhoto(name: file.name, reason: $0) }
        }
    }

    /// What is the matter with prompt files and settings, by their names.
    var problems: [(file: String, problems: [String])] {
        let refused = files.filter { $0.role == .prompt || $0.role == .settings }.compactMap {
            file -> (file: String, problems: [String])? in
            if case .refused(let reason) = file.entry { (file.name, [reason]) } else { nil }
        }
        let read = prompts.map { (file: $0.file, problems: $0.problems + $0.planProblems) }.filter {
            !$0.problems.isEmpty
        }
        let settings = self.settings.map { [(file: FileRules.settingsName, problems: $0.problems)] } ?? []
        return (refused + read + settings.filter { !$0.problems.isEmpty }).sorted {
            $0.file.precedes($1.file)
        }
    }

    /// Whether there is a prompt and nothing to use for it.
    var waitsForPhotos: Bool { isPromptDue && !files.contains(where: \.isUsable) }

    /// How many pictures the prompt files ask for; nil while there is none, or none is read yet.
    var promptLines: Int? { prompts.isEmpty ? nil : prompts.reduce(0) { $0 + $1.lineCount } }

    /// Whether there are prompt files.
    var hasPrompts: Bool { files.contains { $0.role == .prompt } }

    /// Whether there is, or was, more than one of them.
    var hasSeveralPrompts: Bool {
        Set(files.filter { $0.role == .prompt }.map(\.name)).union(handledPrompts.map(\.file)).count > 1
    }

    /// Files that are still arriving.
    func arriving(at now: Moment) -> [String] {
        files.filter { $0.isArriving(patience, at: now) }.map(\.name)
    }

    /// Whether there is nothing about it that a person need know.
    func isQuiet(at now: Moment) -> Bool {
        problems.isEmpty && !mayOwePictures
            && !files.contains { $0.isArriving(patience, at: now) || $0.rejection(patience, at: now) != nil }
    }
}
