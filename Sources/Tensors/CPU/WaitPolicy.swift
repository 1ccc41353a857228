import Glibc

/// How long the threads of the pool spin before they sleep.
///
/// libgomp's default is milliseconds: when something else wants the processors, threads then spin away the time of
/// the very thread that they wait for, and a picture takes several times as long. A thousand turns cost an idle
/// machine little. libgomp reads its environment when it is loaded, so the program starts anew with it, once.
public enum WaitPolicy {
    /// What a process that computes is to be started with.
    public static var environment: [String: String] {
        getenv("OMP_WAIT_POLICY") == nil ? ["GOMP_SPINCOUNT": "1000"] : [:]
    }

    /// Has this process start anew, if need be.
    public static func apply() {
        let missing = environment.filter { getenv($0.key) == nil }
        guard !missing.isEmpty else { return }
        for (variable, value) in missing { guard setenv(variable, value, 0) == 0 else { return } }
        // By its path, which tools then show. If this fails, the program goes on with the default.
        guard let path = realpath("/proc/self/exe", nil) else { return }
        defer { free(path) }
        execv(path, CommandLine.unsafeArgv)
    }
}
