import ControlAPI
import DaemonTestSupport
import Foundation
import Testing

@testable import SubjectDaemon

/// The kernel's real limits, met by real processes.
@Suite struct WatchTroubleTests {
    /// Whether a process may have limits of its own here.
    private static let hasNamespaces: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["-U", "-r", "sh", "-c", "echo 9 > /proc/sys/user/max_inotify_watches"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(.enabled(if: hasNamespaces, "no user namespaces here"))
    func aRealWatchLimitIsNamedPolledRoundAndLeftBehind() async throws {
        let folder = try TestFolder()
        for name in ["a", "b", "c"] {
            try folder.makeFolder("root/\(name)/within")
            try folder.write("root/\(name)/within/p.png", try TestPhoto.png(UInt8(name.utf8.first ?? 0)))
        }
        // The root, a, b and c can be watched; of the folders within only the first.
        let shell = """
            echo 5 > /proc/sys/user/max_inotify_watches
            "$@" & child=$!
            trap 'kill $child' TERM
            while [ ! -e \(folder("raise")) ] && kill -0 $child; do sleep 0.1; done
            echo 100 > /proc/sys/user/max_inotify_watches
            touch \(folder("raised"))
            wait $child; wait $child
            """
        let child = try ProcessTests.Child(
            folder: folder, stepMilliseconds: 0, pollMilliseconds: 200, shell: shell)
        let client = child.client
        @Sendable func subjects() async -> [SubjectStatus] {
            (try? await onThread { try client.status() })?.subjects ?? []
        }
        #expect(await eventually { await subjects().count { $0.backend == .polling } == 2 })
        let polled = await subjects().filter { $0.backend == .polling }
        #expect(polled.allSatisfy { $0.backendReason?.contains("fs.inotify.max_user_watches") == true })
        // Polled or watched, what comes is seen.
        for name in ["a", "b", "c"] {
            try folder.write("root/\(name)/within/q.png", try TestPhoto.png(7))
            try folder.write("root/\(name)/prompt.txt", "one")
        }
        #expect(
            await eventually { await subjects().allSatisfy { $0.jobsDone == 1 && $0.photosUsed.count == 2 } })
        try folder.write("raise", "")
        #expect(await eventually { folder.exists("raised") })
        #expect(await eventually { await subjects().allSatisfy { $0.backend == .inotify } })
        #expect(await subjects().allSatisfy { $0.backendReason == nil })
        _ = child.terminate()
    }

    @Test func moreEventsThanTheKernelKeepsLoseNothing() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/a")
        try folder.makeFolder("root/b")
        try folder.write("root/b/p.png", try TestPhoto.png(1))
        let kept = try #require(
            Int(folder.read(absolute: "/proc/sys/fs/inotify/max_queued_events")?.filter(\.isNumber) ?? ""))
        try #require(kept <= 200_000, "too many files for a test")
        let child = try ProcessTests.Child(folder: folder, stepMilliseconds: 0)
        let client = child.client
        #expect(await eventually { (try? await onThread { try client.status() })?.subjects.count == 2 })
        child.signal(SIGSTOP)
        try await onThread {
            // Each is two events at least, made and gone.
            for number in 0...(kept / 2) {
                let path = folder("root/a/\(number).png")
                close(open(path, O_CREAT | O_WRONLY, 0o644))
                unlink(path)
            }
        }
        // Of this no event tells any more.
        try folder.write("root/b/prompt.txt", "one")
        try folder.makeFolder("root/c")
        child.signal(SIGCONT)
        #expect(await eventually { folder.names("root/b/output").contains { $0.hasSuffix(".png") } })
        #expect(
            await eventually {
                (try? await onThread { try client.status() })?.subjects.map(\.name) == ["a", "b", "c"]
            })
        #expect(child.terminate() == 0)
    }
}

extension TestFolder {
    fileprivate func read(absolute path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
