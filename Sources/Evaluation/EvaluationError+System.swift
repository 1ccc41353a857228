import Images

extension EvaluationError {
    /// A file or folder that cannot be read, for the reason that the system gave.
    public static func unreadable(_ path: String, _ error: any Error) -> EvaluationError {
        .unreadable(path: path, reason: SystemReason.of(error))
    }

    /// A file or folder that cannot be written, for the reason that the system gave.
    public static func unwritable(_ path: String, _ error: any Error) -> EvaluationError {
        .unwritable(path: path, reason: SystemReason.of(error))
    }
}
