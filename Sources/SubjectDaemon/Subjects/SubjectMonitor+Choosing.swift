import ControlAPI

/// Which of a subject's pictures a line or an order is made from.
extension SubjectMonitor {
    /// What comes of each wish.
    ///
    /// - Returns: nil where a file changed while it was read.
    func choose(
        _ wishes: Set<PictureWish>, of name: String, _ subject: Subject
    ) async -> [PictureWish: PhotoChoice]? {
        var choices: [PictureWish: PhotoChoice] = [:]
        for wish in wishes {
            guard let choice = await choose(wish, of: name, subject) else { return nil }
            choices[wish] = choice
        }
        return choices
    }

    /// - Returns: nil where a file changed while it was read.
    func choose(_ wish: PictureWish, of name: String, _ subject: Subject) async -> PhotoChoice? {
        let names = subject.machine.usablePhotos.map(\.name)
        let (wanted, missing) = wish.photos.map { PhotoPatterns.find($0, among: names) } ?? (names, [])
        guard missing.isEmpty else {
            return PhotoChoice(problem: PhotoPatterns.problem(missing: missing, among: names))
        }
        var choice: PhotoChoice
        switch startFiles(of: wish, subject) {
        case .failure(let problem): return PhotoChoice(problem: problem.text)
        case .success(nil): choice = PhotoChoice()
        case .success(let files?):
            guard let photo = await reference(files.photo, of: name, subject) else { return nil }
            choice = PhotoChoice(start: StartPhotos(photo: photo))
            if let mask = files.mask {
                guard let mask = await reference(mask, of: name, subject) else { return nil }
                choice.start?.mask = mask
            }
        }
        guard let selection = await select(wanted, of: name, subject) else { return nil }
        choice.references = selection.used
        return choice
    }

    /// The photo to start from and its mask.
    private func startFiles(
        of wish: PictureWish, _ subject: Subject
    ) -> Result<(photo: SubjectFile, mask: SubjectFile?)?, WritingMistake> {
        guard let start = wish.start else { return .success(nil) }
        let photo: SubjectFile
        switch subject.machine.picture(.start, named: start, at: time.now) {
        case .missing(let problem): return .failure(WritingMistake(problem))
        case .found(let file): photo = file
        }
        guard let name = wish.mask else { return .success((photo, nil)) }
        switch subject.machine.picture(.mask, named: name, at: time.now) {
        case .missing(let problem): return .failure(WritingMistake(problem))
        case .found(let mask):
            if let misfit = Self.misfit(of: mask, to: photo) { return .failure(WritingMistake(misfit)) }
            return .success((photo, mask))
        }
    }

    private static func misfit(of mask: SubjectFile, to photo: SubjectFile) -> String? {
        guard case .usable(let maskWidth, let maskHeight) = mask.verdict,
            case .usable(let width, let height) = photo.verdict
        else { return nil }
        return StartingPicture.misfit(
            mask: (mask.name, maskWidth, maskHeight), photo: (photo.name, width, height))
    }

    /// The references to use, by content. Reads those whose content is not known yet.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func select(_ photos: [String], of name: String, _ subject: Subject) async -> PhotoSelection? {
        var selection = PhotoSelection()
        for photo in photos {
            if selection.isFull {
                selection.offer(photo, contentHash: "")
                continue
            }
            guard let file = subject.machine.file(photo),
                let reference = await reference(file, of: name, subject)
            else { return nil }
            selection.offer(reference.name, contentHash: reference.contentHash)
        }
        return selection
    }

    /// The file by content, which is read where it is not known.
    ///
    /// - Returns: nil where the file changed while it was read.
    func reference(
        _ file: SubjectFile, of name: String, _ subject: Subject
    ) async -> PictureRequest.Reference? {
        if let hash = file.contentHash { return .init(name: file.name, contentHash: hash) }
        guard let fingerprint = file.fingerprint else { return nil }
        let root = configuration.root
        let hash = try? await files.run {
            try PhotoHash.of(file.name, fingerprint, subject: name, root: root)
        }
        guard let hash else { return nil }
        subject.machine.know(file.name, fingerprint, contentHash: hash)
        find(file.name, of: name, subject)
        return .init(name: file.name, contentHash: hash)
    }
}
