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

        var count: Int { appeared.count + replaced.count + vanished.count }
    }

    /// What a look at the root amounts to.
    enum Outcome: Sendable, Equatable {
        /// It is there, with these differences.
        case available(Difference)
        /// It is not there in fact: what is seen is the empty place where a disk is mounted otherwise.
        case unavailable(String)
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - known: the subjects seen last, with their folders.
    ///   - rootBefore: the root's identity when it was seen last.
    ///   - remembered: whether the job store knows of subjects under this root.
    static func compare(
        known: [String: FolderIdentity], rootBefore: FolderIdentity?, remembered: Bool,
        with listing: RootListing
    ) -> Outcome {
        let isOther = rootBefore != nil && rootBefore != listing.identity
        if listing.folders.isEmpty && isOther && (!known.isEmpty || remembered) {
            return .unavailable("the root is empty and is not the folder it was: is its disk mounted?")
        }
        var difference = Difference()
        for (name, identity) in listing.folders {
            if let before = known[name] {
                if before != identity || isOther { difference.replaced.append(name) }
            } else {
                difference.appeared.append(name)
            }
        }
        difference.vanished = known.keys.filter { listing.folders[$0] == nil }
        difference.appeared.sort()
        difference.replaced.sort()
        difference.vanished.sort()
        return .available(difference)
    }
}
