/// What becomes of a job whose attempt ended without a picture.
enum JobOutcome: Sendable, Equatable {
    /// It waits and goes on from where it was; the attempt does not count.
    case goesOn
    /// Its folder went: it waits for that; the attempt does not count.
    case waitsForFolder
    /// A person took it back.
    case cancelled
    /// It is begun again; the attempt counts.
    case again(reason: String)
    /// It is set aside until a person looks at it.
    case held(reason: String)
    /// It cannot be done.
    case failed(reason: String)
    /// A photo is to blame: it fails, and its prompt is planned again with what is there.
    case photo(PhotoFault)

    /// The rules. Pure.
    ///
    /// - Parameters:
    ///   - attempts: how often it was begun, this time included.
    ///   - folderIsLost: whether its folder is gone.
    static func of(
        _ error: any Error, interruption: QueueGate.Interruption?, attempts: Int, folderIsLost: Bool
    ) -> JobOutcome {
        if interruption == .cancel { return .cancelled }
        switch error {
        // The engine may have been killed because it did not heed the interruption in time.
        case is CancellationError where interruption != nil, is EngineInterruption where interruption != nil:
            return .goesOn
        case _ where interruption == .end: return .goesOn
        case is SystemCallError where folderIsLost, is OutputFolderError where folderIsLost:
            return .waitsForFolder
        case let fault as PhotoFault where folderIsLost && fault.rejection.fault == .changed:
            return .waitsForFolder
        case let fault as PhotoFault: return .photo(fault)
        case let interruption as EngineInterruption: return afterCrash(interruption.reason, attempts)
        // Nobody asked for it.
        case is CancellationError: return afterCrash("the engine left it in the middle", attempts)
        default: return .failed(reason: "\(error)")
        }
    }

    /// Every crash costs an attempt, and there are so many.
    private static func afterCrash(_ reason: String, _ attempts: Int) -> JobOutcome {
        attempts < Job.maximumAttempts
            ? .again(reason: reason)
            : .held(reason: "the engine failed at it \(attempts) times, the last time so: \(reason)")
    }
}

/// Which of a job's photos the engine refused.
struct PhotoFault: Error, Sendable, Equatable {
    var photo: PictureRequest.Reference
    var rejection: PhotoRejection
}
