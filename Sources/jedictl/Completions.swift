import ArgumentParser
import ControlAPI
import FoundationEssentials

/// Names that a shell completes by asking the daemon, which has little time to answer.
enum Completions {
    static let subjects = CompletionKind.custom { _, _, _ in
        ((try? client.status())?.subjects ?? []).map(\.name)
    }

    static let jobs = CompletionKind.custom { _, _, _ in
        ((try? client.jobs(JobQuery(limit: 200)))?.jobs ?? []).map(\.id)
    }

    private static var client: ControlClient {
        ControlClient(
            sockets: SocketLocation.forClient(nil, environment: ProcessInfo.processInfo.environment),
            timeout: 0.3)
    }
}
