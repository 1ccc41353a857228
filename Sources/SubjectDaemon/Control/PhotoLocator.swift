import ControlAPI

/// Finds photos by their contents.
struct PhotoLocator: Sendable {
    let monitor: SubjectMonitor

    /// Which subjects hold these photos, as far as they were ever read.
    func locate(_ references: [PictureParameters.Reference]) async -> LocationReport {
        let wanted = references.prefix(64).map { $0.hash.lowercased() }
        let photos = await monitor.photoHashes
        let candidates = photos.map { subject, hashes in
            LocationReport.Candidate(
                subject: subject,
                names: wanted.map { wanted in
                    hashes.filter { !wanted.isEmpty && $0.value.hasPrefix(wanted) }.map(\.key).sorted()
                })
        }
        return LocationReport(
            candidates: candidates.filter { $0.count > 0 }
                .sorted { ($1.count, $0.subject) < ($0.count, $1.subject) },
            subjects: photos.keys.sorted())
    }
}

extension SubjectMonitor {
    /// For each subject the SHA-256 of its photos by name, as far as they were read.
    var photoHashes: [String: [String: String]] {
        get async {
            var hashes: [String: [String: String]] = [:]
            for (index, (name, subject)) in subjects.enumerated() {
                // Many subjects take a while, and others ask as well.
                if index % 256 == 255 { await Task.yield() }
                hashes[name] = subject.machine.photoHashes
            }
            return hashes
        }
    }
}
