import ControlAPI
import FoundationEssentials

/// The end of a job, for hooks.
struct JobEvent: Codable, Sendable, Equatable {
    /// The name and version of its form as a file.
    static let schemaName = "jedi.event/1"

    var schema = JobEvent.schemaName
    /// The job's short name.
    var job: String
    var subject: String
    var prompt: String
    /// `done`, `failed` or `held`.
    var state: Job.State
    /// The picture's path.
    var output: String?
    /// Why there is no picture.
    var reason: String?
    var at: Date

    init(
        _ plan: PlannedJob, state: Job.State, output: String? = nil, reason: String? = nil,
        at now: Date = .now
    ) {
        job = plan.shortID
        subject = plan.subject
        prompt = plan.prompt
        self.state = state
        self.output = output
        self.reason = reason
        at = now
    }

    /// What a command learns of it. Every name is there, empty where there is nothing to say.
    var environment: [String: String] {
        [
            "JEDI_SUBJECT": subject, "JEDI_PROMPT": prompt, "JEDI_JOB": job, "JEDI_STATE": state.rawValue,
            "JEDI_OUTPUT": output ?? "", "JEDI_REASON": reason ?? "",
        ]
    }
}
