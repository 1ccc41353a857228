import ControlAPI

extension SubjectMonitor {
    /// The subject's own retention rule; nil where it has none.
    func retention(of name: String) -> RetentionRule? { settings(of: name).retention }

    /// The photos that an order of `jedictl` is to be made from.
    ///
    /// - Throws: ``QueueRefusal`` where they cannot be had as they are asked for.
    func photos(for order: PictureOrder) async throws -> PhotoChoice {
        guard let subject = subjects[order.subject] else {
            throw QueueRefusal(Self.unknown(order.subject, among: subjects.keys.sorted()))
        }
        if let problem = rootProblem ?? subject.problem { throw QueueRefusal(problem) }
        var wish = order.options.pictures
        // What is known by content need not be looked for by name.
        if order.referenceHashes != nil { wish.photos = nil }
        if order.startHash != nil { (wish.start, wish.mask) = (nil, nil) }
        guard var choice = await choose(wish, of: order.subject, subject) else {
            throw QueueRefusal("a photo of \(order.subject) changed while it was read; try again")
        }
        if let problem = choice.problem { throw QueueRefusal("\(order.subject): \(problem)") }
        if let hashes = order.referenceHashes {
            choice.references = try await pictures(of: order.subject, hashes: hashes)
        } else if choice.references.isEmpty {
            throw QueueRefusal(
                "\(order.subject) has no photo that can be used: put JPEG or PNG photos into its folder")
        }
        if let start = order.startHash {
            let found = try await pictures(
                of: order.subject, hashes: [start] + (order.maskHash.map { [$0] } ?? []))
            choice.start = StartPhotos(photo: found[0], mask: found.dropFirst().first)
        }
        return choice
    }

    /// The photos and masks of those contents, in that order.
    private func pictures(
        of name: String, hashes: [String]
    ) async throws -> [PictureRequest.Reference] {
        var missing = Set(hashes)
        var found: [String: PictureRequest.Reference] = [:]
        if let subject = subjects[name] {
            for file in subject.machine.soundPictures where !missing.isEmpty {
                guard let picture = await reference(file, of: name, subject) else { continue }
                for wanted in missing where picture.contentHash.hasPrefix(wanted) {
                    found[wanted] = picture
                    missing.remove(wanted)
                }
            }
        }
        guard missing.isEmpty else {
            let list = missing.sorted().map { String($0.prefix(16)) }.joined(separator: ", ")
            throw QueueRefusal(
                "\(name) has no photo with the contents \(list): put the photo that was used back into its folder"
            )
        }
        return hashes.compactMap { found[$0] }
    }

    private static func unknown(_ name: String, among names: [String]) -> String {
        if names.isEmpty { return "there is no subject \(name), nor any other: make its folder in the root" }
        let shown = names.prefix(20).joined(separator: ", ")
        return "there is no subject \(name); there are: \(shown)\(names.count > 20 ? ", …" : "")"
    }
}
