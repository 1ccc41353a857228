/// What a look at the root means for the subjects that are known.
///
/// Pure: it compares and says what is to be done.
enum RootReconciler {
    /// What is to be done.
    struct Difference: Sendable, Equatable {
        /// Folders that are new.
        var appeared: [String] = []
        /// Folders under a known name that are not the folders they were: watched anew, looked at anew.
        var replaced: [String] = []
        /// Folders that are gone. What was kept of them is not touched.
        var vanished: [String] = []
        /// Folders that were known under another name: what was kept of them goes with them.
        var renamed: [SubjectRename] = []

        var count: Int { appeared.count + replaced.count + vanished.count + renamed.count }
    }

    /// What a look at the root amounts to.
    enum Outcome: Sendable, Equatable {
        /// It is there, with these differences.
        case available(Difference)
        /// It is not there in fact: what is seen is the empty place where a disk is mounted otherwise.
        case unavailable(String)
    }

    /// What is known.
    struct Known: Sendable {
        /// The subjects seen last, with their folders.
        var subjects: [String: FolderIdentity]
        /// The root's identity when it was seen last.
        var root: FolderIdentity?
        /// Whether the job store knows of subjects under this root.
        var isRemembered = false
        /// Under which names the job store knows folders.
        var names: [FolderIdentity.Mark: [String]] = [:]
    }

    /// The folders that are not the ones known under their names: those whose former names are of interest.
    static func strangers(_ subjects: [String: FolderIdentity], _ listing: RootListing) -> [FolderIdentity] {
        listing.folders.filter { subjects[$0.key]?.mark != $0.value.mark }.map(\.value)
    }

    /// Compares.
    static func compare(_ known: Known, with listing: RootListing) -> Outcome {
        let isOther = known.root != nil && known.root != listing.identity
        if listing.folders.isEmpty && isOther && (!known.subjects.isEmpty || known.isRemembered) {
            return .unavailable("the root is empty and is not the folder it was: is its disk mounted?")
        }
        var difference = Difference()
        var strangers: [String] = []
        for (name, identity) in listing.folders {
            if let before = known.subjects[name], before.mark == identity.mark {
                if before != identity || isOther { difference.replaced.append(name) }
            } else {
                strangers.append(name)
            }
        }
        let movedAway = movedAway(known, listing)
        var left: Set<String> = []
        for name in strangers.sorted(by: { $0.precedes($1) }) {
            guard let identity = listing.folders[name] else { continue }
            if let former = former(name, identity.mark, known, movedAway, listing),
                left.insert(former).inserted
            {
                difference.renamed.append(SubjectRename(from: former, to: name))
            } else if known.subjects[name] != nil {
                difference.replaced.append(name)
            } else {
                difference.appeared.append(name)
            }
        }
        // Whatever took the place of a folder that has moved on is new there.
        difference.appeared += difference.replaced.filter(left.contains)
        difference.replaced.removeAll(where: left.contains)
        let taken = Set(difference.renamed.map(\.to))
        difference.vanished = known.subjects.keys.filter {
            !left.contains($0) && (listing.folders[$0] == nil || taken.contains($0))
        }
        difference.appeared.sort { $0.precedes($1) }
        difference.replaced.sort { $0.precedes($1) }
        difference.vanished.sort { $0.precedes($1) }
        return .available(difference)
    }

    /// Known folders that are not under their names any more.
    private static func movedAway(_ known: Known, _ listing: RootListing) -> [FolderIdentity.Mark: String] {
        var names: [FolderIdentity.Mark: String] = [:]
        for (name, identity) in known.subjects where listing.folders[name]?.mark != identity.mark {
            names[identity.mark] = name
        }
        return names
    }

    /// The name that the folder bore before, if another.
    private static func former(
        _ name: String, _ mark: FolderIdentity.Mark, _ known: Known,
        _ movedAway: [FolderIdentity.Mark: String],
        _ listing: RootListing
    ) -> String? {
        if let former = movedAway[mark] { return former }
        guard let names = known.names[mark], !names.contains(name) else { return nil }
        // A folder can be mounted in two places at once.
        return names.sorted { $0.precedes($1) }.first { listing.folders[$0]?.mark != mark }
    }
}
