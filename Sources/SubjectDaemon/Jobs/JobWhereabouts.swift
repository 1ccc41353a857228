/// Finds the folder that a job's picture goes to, though the subject be renamed while the picture is made.
struct JobWhereabouts: Sendable {
    let live: LiveConfiguration
    let store: JobStore
    let monitor: SubjectMonitor
    let files: FileThread

    /// The same job under the name that its subject bears now.
    func now(_ plan: PlannedJob) async throws -> PlannedJob {
        let known = try await named(plan)
        guard await isLost(known) else { return known }
        // Perhaps it was renamed and the monitor has not seen it yet.
        await monitor.rootLookedAt()
        return try await named(plan)
    }

    private func named(_ plan: PlannedJob) async throws -> PlannedJob {
        var plan = plan
        plan.subject = try await store.subject(ofJob: plan.key) ?? plan.subject
        return plan
    }

    private func isLost(_ plan: PlannedJob) async -> Bool {
        let folder = OutputFolder(root: live.current.root, subject: plan.subject)
        return (try? await files.run { folder.isLost }) ?? false
    }
}
