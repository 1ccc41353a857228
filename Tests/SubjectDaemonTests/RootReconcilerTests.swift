import Testing

@testable import SubjectDaemon

@Suite struct RootReconcilerTests {
    private let disk = FolderIdentity(device: 1, inode: 2)
    private let other = FolderIdentity(device: 9, inode: 2)

    /// Folders by name; what is told apart is what the letters say.
    private func folders(
        _ pairs: KeyValuePairs<String, Character>, device: UInt64 = 1, born: Int64 = 7
    ) -> [String: FolderIdentity] {
        Dictionary(
            uniqueKeysWithValues: pairs.map {
                ($0, FolderIdentity(device: device, inode: UInt64($1.asciiValue ?? 0), born: born))
            })
    }

    private func compare(
        _ known: [String: FolderIdentity], _ seen: [String: FolderIdentity], before: FolderIdentity?,
        now: FolderIdentity, isRemembered: Bool = false, stored: [String: FolderIdentity] = [:]
    ) -> RootReconciler.Outcome {
        RootReconciler.compare(
            .init(
                subjects: known, root: before, isRemembered: isRemembered,
                names: Dictionary(grouping: stored.keys) { stored[$0]!.mark }),
            with: RootListing(identity: now, folders: seen))
    }

    private func difference(
        _ known: [String: FolderIdentity], _ seen: [String: FolderIdentity],
        stored: [String: FolderIdentity] = [:]
    ) -> RootReconciler.Difference? {
        guard
            case .available(let difference) = compare(known, seen, before: disk, now: disk, stored: stored)
        else { return nil }
        return difference
    }

    @Test func whatCameAndWent() {
        #expect(
            difference(folders(["a": "A", "b": "B"]), folders(["b": "B", "c": "C"]))
                == .init(appeared: ["c"], vanished: ["a"]))
    }

    @Test func anotherFolderOfTheSameNameIsReplaced() {
        #expect(difference(folders(["a": "A"]), folders(["a": "X"])) == .init(replaced: ["a"]))
    }

    @Test func aFolderThatGotADeletedOnesNumberIsAnother() {
        let known = folders(["a": "A"], born: 7)
        #expect(difference(known, folders(["a": "A"], born: 8)) == .init(replaced: ["a"]))
        #expect(
            difference(known, folders(["b": "A"], born: 8)) == .init(appeared: ["b"], vanished: ["a"]))
    }

    // MARK: Renames

    @Test func theSameFolderUnderAnotherNameIsRenamed() {
        #expect(
            difference(folders(["rex": "R"]), folders(["max": "R"]))
                == .init(renamed: [.init(from: "rex", to: "max")]))
    }

    @Test func namesCanBeSwappedAndPassedOn() {
        #expect(
            difference(folders(["a": "A", "b": "B"]), folders(["a": "B", "b": "A"]))
                == .init(renamed: [.init(from: "b", to: "a"), .init(from: "a", to: "b")]))
        #expect(
            difference(folders(["a": "A", "b": "B"]), folders(["b": "A", "c": "B"]))
                == .init(renamed: [.init(from: "a", to: "b"), .init(from: "b", to: "c")]))
    }

    @Test func whatTakesThePlaceOfARenamedOneIsNew() {
        #expect(
            difference(folders(["rex": "R"]), folders(["max": "R", "rex": "N"]))
                == .init(appeared: ["rex"], renamed: [.init(from: "rex", to: "max")]))
    }

    @Test func whoseNameIsTakenHasVanished() {
        #expect(
            difference(folders(["rex": "R", "max": "M"]), folders(["max": "R"]))
                == .init(vanished: ["max"], renamed: [.init(from: "rex", to: "max")]))
    }

    @Test func aRenameWhileNobodyWatchedIsFoundByTheStore() {
        #expect(
            difference([:], folders(["max": "R", "mia": "M"]), stored: folders(["rex": "R", "mia": "M"]))
                == .init(appeared: ["mia"], renamed: [.init(from: "rex", to: "max")]))
    }

    @Test func aFolderThatIsMountedTwiceIsTwoSubjects() {
        let both = folders(["rex": "R", "max": "R"])
        #expect(difference([:], both, stored: folders(["rex": "R"])) == .init(appeared: ["max", "rex"]))
        #expect(difference(folders(["rex": "R"]), both) == .init(appeared: ["max"]))
        #expect(difference([:], both, stored: both) == .init(appeared: ["max", "rex"]))
    }

    @Test func withoutABirthTheDeviceMustBeTheSame() {
        let stored = folders(["rex": "R"], born: 0)
        #expect(
            difference([:], folders(["max": "R"], born: 0), stored: stored)
                == .init(renamed: [.init(from: "rex", to: "max")]))
        #expect(
            difference([:], folders(["max": "R"], device: 5, born: 0), stored: stored)
                == .init(appeared: ["max"]))
        #expect(
            difference([:], folders(["max": "R"], device: 5), stored: folders(["rex": "R"]))
                == .init(renamed: [.init(from: "rex", to: "max")]))
    }

    // MARK: The root

    @Test func anotherRootReplacesEveryFolder() {
        let known = folders(["a": "A"])
        #expect(compare(known, known, before: disk, now: other) == .available(.init(replaced: ["a"])))
    }

    @Test func anEmptyOtherRootIsAnUnmountedOne() {
        for (known, isRemembered) in [(folders(["a": "A"]), false), ([:], true)] {
            guard
                case .unavailable = compare(
                    known, [:], before: disk, now: other, isRemembered: isRemembered)
            else {
                Issue.record("taken for an empty root")
                return
            }
        }
    }

    @Test func anEmptiedRootIsEmpty() {
        #expect(difference(folders(["a": "A"]), [:]) == .init(vanished: ["a"]))
        #expect(
            compare([:], [:], before: nil, now: disk, isRemembered: true) == .available(.init()))
    }
}
