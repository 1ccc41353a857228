import ControlAPI

/// How a picture is made again from what its PNG carries. Pure: it is told everything.
struct Reproduction: Equatable {
    /// What to ask of the daemon.
    var order: PictureOrder
    /// What will keep the new file from being the same, known beforehand.
    var differences: [String]

    /// What is missing, each named with its remedy.
    struct Problem: Error, Equatable, CustomStringConvertible {
        var missing: [String]

        var description: String { missing.joined(separator: "; ") }
    }

    /// Finds the subject and says what to order.
    ///
    /// - Parameters:
    ///   - record: what the PNG says.
    ///   - location: which subjects hold the picture's photos.
    ///   - engine: the daemon's engine and model.
    ///   - wanted: the subject that the user named.
    ///   - file: the picture's file name, which begins with its subject's.
    static func plan(
        _ record: PictureParameters, _ location: LocationReport, engine: EngineStatus, wanted: String?,
        file: String
    ) throws(Problem) -> Reproduction {
        var missing: [String] = []
        if let problem = model(of: record, against: engine) { missing.append(problem) }
        let subject: String?
        do { subject = try Self.subject(record, location, wanted: wanted, file: file) } catch {
            missing += error.missing
            subject = nil
        }
        guard missing.isEmpty, let subject else { throw Problem(missing: missing) }
        var options = PromptOptions(picture: record.options)
        options.seed = record.seed
        options.count = 1
        return Reproduction(
            order: PictureOrder(
                subject: subject, prompt: record.prompt, options: options,
                referenceHashes: record.references.map(\.hash), startHash: record.start?.hash,
                maskHash: record.mask?.hash, modelHash: record.modelHash),
            differences: differences(record, location, subject))
    }

    private static func model(of record: PictureParameters, against engine: EngineStatus) -> String? {
        let made = "\(record.model ?? "a model") \(record.modelHash)"
        guard let hash = engine.modelHash else {
            return "jedid has no model to make it with (\(engine.detail ?? "it is still being loaded")); "
                + "it was made with \(made)"
        }
        let used = "\(engine.model ?? "") \(hash.prefix(record.modelHash.count))"
        guard hash.hasPrefix(record.modelHash) else {
            return "it was made with the model \(made) and jedid uses \(used): "
                + "have jedid use that model ('jedictl model list' shows those that are there)"
        }
        // The hash of a model that is used with another precision says so at its end.
        let precision = hash.split(separator: "-").dropFirst().first.map(String.init)
        guard precision == record.precision else {
            return
                "it was computed in \(record.precision ?? "f32") and jedid computes in \(precision ?? "f32"): "
                + "run jedid with --precision \(record.precision ?? "f32")"
        }
        return nil
    }

    private static func subject(
        _ record: PictureParameters, _ location: LocationReport, wanted: String?, file: String
    ) throws(Problem) -> String {
        if let wanted, !location.subjects.contains(wanted) {
            throw Problem(missing: ["there is no subject '\(wanted)'"])
        }
        let byName = location.subjects.filter { file.hasPrefix($0 + "-") }.max { $0.count < $1.count }
        guard !record.files.isEmpty else {
            guard let subject = wanted ?? byName ?? location.subjects.first else {
                throw Problem(missing: ["there is no subject to make it for: make a folder under the root"])
            }
            return subject
        }
        let whole = location.candidates.filter { $0.count == record.files.count }.map(\.subject)
        if let wanted {
            if whole.contains(wanted) { return wanted }
            throw Problem(missing: missingPhotos(record, location, in: wanted))
        }
        if let byName, whole.contains(byName) { return byName }
        if let first = whole.first { return first }
        guard let nearest = location.candidates.first else {
            throw Problem(missing: missingPhotos(record, location, in: nil))
        }
        throw Problem(missing: missingPhotos(record, location, in: nearest.subject))
    }

    private static func missingPhotos(
        _ record: PictureParameters, _ location: LocationReport, in subject: String?
    ) -> [String] {
        let names = location.candidates.first { $0.subject == subject }?.names ?? []
        return record.files.enumerated().compactMap { index, photo in
            if index < names.count, !names[index].isEmpty { return nil }
            let place = subject.map { "in the subject '\($0)'" } ?? "in any subject"
            return
                "the \(record.kind(of: photo)) \(photo.name) (SHA-256 \(photo.hash)...) is not \(place): put it back"
        }
    }

    private static func differences(
        _ record: PictureParameters, _ location: LocationReport, _ subject: String
    ) -> [String] {
        guard let names = location.candidates.first(where: { $0.subject == subject })?.names else {
            return []
        }
        return zip(record.files, names).compactMap { photo, names in
            guard let name = names.first, !names.contains(photo.name) else { return nil }
            return "the \(record.kind(of: photo)) \(photo.name) is named \(name) now"
        }
    }
}

extension PictureParameters {
    fileprivate func kind(of file: Reference) -> String { file == mask ? "mask" : "photo" }
}

/// What the new file is, beside the old one.
struct ReproductionReport: Codable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    static let schemaName = "jedi.reproduction/1"

    /// Always ``schemaName``.
    var schema = Self.schemaName
    /// The file that was to be made again.
    var original: String
    /// The new file.
    var picture: String
    /// Whether the two files have the same bytes.
    var identical: Bool
    /// Whether what is shown is the same, whatever the file says besides.
    var sameImage: Bool
    /// What differs, in words.
    var differences: [String]

    /// Compares the two files' bytes.
    static func compare(
        _ original: (path: String, bytes: [UInt8]), _ picture: (path: String, bytes: [UInt8]),
        known: [String]
    ) -> ReproductionReport {
        var report = ReproductionReport(
            original: original.path, picture: picture.path, identical: original.bytes == picture.bytes,
            sameImage: true, differences: [])
        guard !report.identical else { return report }
        report.differences = known
        let (old, new) = (PNGChunks(original.bytes), PNGChunks(picture.bytes))
        report.sameImage = old != nil && old?.picture == new?.picture
        if !report.sameImage { report.differences.append("the image itself is another") }
        let fields = fieldDifferences(old?.texts["parameters"] ?? "", new?.texts["parameters"] ?? "")
        report.differences += fields
        if report.differences.isEmpty { report.differences = ["what the files say besides the image"] }
        return report
    }

    /// Which parts of the record differ.
    private static func fieldDifferences(_ old: String, _ new: String) -> [String] {
        guard let old = try? PictureParameters(parameters: old),
            let new = try? PictureParameters(parameters: new)
        else {
            return []
        }
        var words: [String] = []
        func compare(_ what: String, _ old: some Equatable, _ new: some Equatable) {
            let (old, new) = ("\(old)", "\(new)")
            if old != new { words.append("\(what) was \(old) and is \(new)") }
        }
        compare("the program", old.version ?? "unknown", new.version ?? "unknown")
        compare("the model's name", old.model ?? "unknown", new.model ?? "unknown")
        compare("the model's hash", old.modelHash, new.modelHash)
        compare("the prompt", old.prompt, new.prompt)
        compare("the seed", old.seed, new.seed)
        compare(
            "the photos' names", old.references.map(\.name).joined(separator: ", "),
            new.references.map(\.name).joined(separator: ", "))
        compare("the photo to start from", old.start?.name ?? "none", new.start?.name ?? "none")
        compare("the mask", old.mask?.name ?? "none", new.mask?.name ?? "none")
        if old.options != new.options { words.append("the options differ") }
        return words
    }

    /// For people.
    func text(_ style: TextStyle) -> String {
        let picture = TextStyle.safe(picture)
        if identical { return style("Identical, bit for bit:", .good) + " \(picture)\n" }
        let heading =
            sameImage
            ? style("The same image; the file differs in what it says besides:", .attention)
            : style("Another picture:", .bad)
        return heading + " \(picture)\n" + differences.map { "  " + TextStyle.safe($0) + "\n" }.joined()
    }
}
