import ControlAPI

/// What the monitor keeps of a subject. There may be many thousands: it is kept small.
///
/// It belongs to the monitor and never leaves it.
final class Subject {
    var identity: FolderIdentity
    var machine: SubjectMachine
    /// The watched folders within its folder, by their paths.
    var within: [String: FolderIdentity] = [:]
    var backend = SubjectStatus.Backend.none
    var backendReason: String?
    /// Whether its files' times come from this machine's clock.
    var trustTimes = true
    /// Whether there is nothing about it that a person need know.
    var isQuiet = false
    /// What held when prompts asked for photos or masks that were not there, by these files' names: another look is due
    /// when something else does.
    var whenMissed: [String: Circumstances] = [:]
    /// Why its folder cannot be read.
    var problem: String?
    /// When to look though nothing was seen: a file will have settled then.
    var lookAt: Duration?
    /// When to look because nobody would tell.
    var pollAt: Duration?
    /// When to try again to watch it.
    var watchAt: Duration?

    /// What it depends on which photos and masks a prompt's lines come to.
    struct Circumstances: Equatable {
        var pictures: [String: SubjectMachine.PictureState]
        var settings: SubjectSettings
    }

    init(identity: FolderIdentity, machine: SubjectMachine) {
        self.identity = identity
        self.machine = machine
    }

    /// When it is to be looked at next of itself.
    var nextAt: Duration? {
        [lookAt, pollAt, watchAt].lazy.compactMap { $0 }.min()
    }
}
