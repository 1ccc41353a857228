import ControlAPI

extension SubjectMonitor {
    /// The subject's own retention rule; nil where it has none.
    func retention(of name: String) -> RetentionRule? { settings(of: name).retention }

    /// The photos that an order of `jedictl` is to be made from.
    ///
    /// - Throws: ``QueueRefusal`` where they cannot be had as they are asked for.
    func photos(for order: PictureOrder) async throws -> [PictureRequest.Reference] {
        guard let subject = subjects[order.subject] else {
            throw QueueRefusal(Self.unknown(order.subject, among: subjects.keys.sorted()))
        }
        if let problem = rootProblem ?? subject.problem { throw QueueRefusal(problem) }
        if let hashes = order.referenceHashes { return try await photos(of: order.subject, hashes: hashes) }
        if let names = order.options.photos { return try await photos(of: order.subject, names: names) }
        var selection = PhotoSelection()
        for photo in subject.machine.usablePhotos where !selection.isFull {
            if let hash = await hash(of: photo.name, in: order.subject) {
                selection.offer(photo.name, contentHash: hash)
            }
        }
        guard !selection.used.isEmpty else {
            throw QueueRefusal(
                "\(order.subject) has no photo that can be used: put JPEG or PNG photos into its folder")
        }
        return selection.used
    }

    private func photos(of name: String, names: [String]) async throws -> [PictureRequest.Reference] {
        var found: [PictureRequest.Reference] = []
        for photo in names {
            guard subjects[name]?.machine.usablePhotos.contains(where: { $0.name == photo }) == true,
                let hash = await hash(of: photo, in: name)
            else {
                throw QueueRefusal(
                    "\(name) has no photo \(photo) that can be used; jedictl status says which it has")
            }
            found.append(.init(name: photo, contentHash: hash))
        }
        return found
    }

    private func photos(of name: String, hashes: [String]) async throws -> [PictureRequest.Reference] {
        var missing = Set(hashes)
        var found: [String: PictureRequest.Reference] = [:]
        for photo in subjects[name]?.machine.usablePhotos ?? [] where !missing.isEmpty {
            guard let hash = await hash(of: photo.name, in: name) else { continue }
            for wanted in missing where hash.hasPrefix(wanted) {
                found[wanted] = .init(name: photo.name, contentHash: hash)
                missing.remove(wanted)
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

    /// The SHA-256 of the photo's bytes, read where it is not known; nil where it changed meanwhile.
    private func hash(of photo: String, in name: String) async -> String? {
        guard let file = subjects[name]?.machine.file(photo), let fingerprint = file.fingerprint else {
            return nil
        }
        if let known = file.contentHash { return known }
        let root = configuration.root
        return try? await files.run { try PhotoHash.of(photo, fingerprint, subject: name, root: root) }
    }

    private static func unknown(_ name: String, among names: [String]) -> String {
        if names.isEmpty { return "there is no subject \(name), nor any other: make its folder in the root" }
        let shown = names.prefix(20).joined(separator: ", ")
        return "there is no subject \(name); there are: \(shown)\(names.count > 20 ? ", …" : "")"
    }
}
