import SubjectDaemon

/// Makes the daemon's engine.
enum EngineFactory {
    /// An engine for the model in that folder. Loads nothing yet.
    static func engine(model: String?, threads: Int?) -> any PictureEngine {
        guard let model else {
            return UnavailableEngine(reason: "no model was found; name one with --model FOLDER")
        }
        return UnavailableEngine(reason: "this build has no engine for the model \(model)")
    }
}
