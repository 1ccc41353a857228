import Foundation
import TestSupport
import Testing

@testable import Training

/// Runs by the program, as a person starts them: killed, resumed, on several processes.
@Suite struct TrainingProgramTests {
    private static let small = TrainingRunTests.small

    private func start(_ scene: TrainingScene, out: String, processes: Int = 1) throws -> Process {
        let process = Process()
        process.executableURL = try BuiltProgram.path("jeditrain")
        process.arguments = ["train", scene.path("run.yaml"), "--out", scene.path(out)]
        if processes > 1 {
            process.arguments =
                ["-n", "\(processes)", "--oversubscribe", try BuiltProgram.path("jeditrain").path]
                + (process.arguments ?? [])
            process.executableURL = URL(fileURLWithPath: Self.mpirun)
            let root = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
            process.environment = ProcessInfo.processInfo.environment.merging(root) { $1 }
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static let mpirun = "/usr/bin/mpirun"
    /// Whether the programs were built with MPI, and it can be tried.
    private static var hasMPI: Bool {
        #if canImport(CMPI)
            FileManager.default.isExecutableFile(atPath: mpirun)
        #else
            false
        #endif
    }

    private func losses(_ scene: TrainingScene, _ run: String) throws -> [Double] {
        try String(decoding: scene.bytes("\(run)/log.jsonl"), as: UTF8.self).split(separator: "\n").compactMap
        {
            try JSONDecoder().decode(LogEntry.self, from: Data($0.utf8)).loss
        }
    }

    /// Two processes learn what one learns from batches of twice the size.
    @Test(.enabled(if: hasMPI, "built without MPI"), arguments: [1, 2])
    func processesLearnTogether(accumulate: Int) throws {
        try TrainingScene.with("known-v") { scene in
            try scene.configure(
                Self.small.replacing("sets: 2", with: "sets: \(4 * accumulate)").replacing(
                    "steps: 40", with: "steps: 8"))
            let one = try start(scene, out: "one")
            one.waitUntilExit()
            try scene.configure(
                Self.small.replacing("steps: 40", with: "steps: 8") + "accumulate: \(accumulate)\n")
            let two = try start(scene, out: "two", processes: 2)
            two.waitUntilExit()
            #expect(one.terminationStatus == 0 && two.terminationStatus == 0)
            let losses = try (one: losses(scene, "one"), two: losses(scene, "two"))
            #expect(losses.one.count == 8 && losses.two.count == 8)
            for (one, two) in zip(losses.one, losses.two) { #expect(abs(one - two) <= 1e-4 * one) }
        }
    }

    /// A process that dies ends them all, and the same command goes on to the bits of a run that never ended.
    @Test(.enabled(if: hasMPI, "built without MPI"))
    func aProcessThatDiesEndsThemAll() throws {
        try TrainingScene.with("known-v") { scene in
            try scene.configure(Self.small)
            let whole = try start(scene, out: "whole", processes: 2)
            whole.waitUntilExit()
            #expect(whole.terminationStatus == 0)
            let process = try start(scene, out: "killed", processes: 2)
            while process.isRunning, try RunFolderList.lastStep(scene.path("killed")) < 6 { usleep(2000) }
            let children = try ProcessTree.children(of: process.processIdentifier)
            #expect(children.count == 2)
            // The second one: the first writes the folder.
            kill(try #require(children.max()), SIGKILL)
            process.waitUntilExit()
            #expect(process.terminationStatus != 0)
            for child in children {
                // It goes a moment after mpirun.
                for _ in 0..<1000 where ProcessTree.runs(child) { usleep(10_000) }
                #expect(!ProcessTree.runs(child))
            }
            let alone = try start(scene, out: "killed")
            alone.waitUntilExit()
            #expect(alone.terminationStatus != 0, "another number of processes went on")
            let rest = try start(scene, out: "killed", processes: 2)
            rest.waitUntilExit()
            #expect(rest.terminationStatus == 0)
            let last = "snapshots/00000040.safetensors"
            #expect(try scene.bytes("whole/\(last)") == scene.bytes("killed/\(last)"))
        }
    }

    /// The last snapshot of a run that was killed twice has the bits of one that never was.
    @Test func killedRunsResumeBitForBit() throws {
        try TrainingScene.with("known-v") { scene in
            try scene.configure(Self.small)
            let whole = try start(scene, out: "whole")
            whole.waitUntilExit()
            #expect(whole.terminationStatus == 0)
            for minimum in [3, 12] {
                let process = try start(scene, out: "killed")
                while process.isRunning, try RunFolderList.lastStep(scene.path("killed")) < minimum {
                    usleep(2000)
                }
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
            }
            let rest = try start(scene, out: "killed")
            rest.waitUntilExit()
            #expect(rest.terminationStatus == 0)
            let last = "snapshots/00000040.safetensors"
            #expect(try scene.bytes("whole/\(last)") == scene.bytes("killed/\(last)"))
            let losses = try ["whole", "killed"].map { run in
                try String(decoding: scene.bytes("\(run)/log.jsonl"), as: UTF8.self).split(separator: "\n")
                    .map {
                        try JSONDecoder().decode(LogEntry.self, from: Data($0.utf8)).loss
                    }
            }
            #expect(losses[0].count == 40)
            #expect(losses[0] == losses[1])
        }
    }
}

/// The snapshots of a run that another process writes.
enum RunFolderList {
    static func lastStep(_ run: String) throws -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: run + "/snapshots")) ?? []
        return names.filter { $0.hasSuffix(".safetensors") }.compactMap { Int($0.prefix(8)) }.max() ?? 0
    }
}

private enum ProcessTree {
    /// Whether a process is there and not merely remembered by its parent.
    static func runs(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
            return false
        }
        return text.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    /// What a process started, by number.
    static func children(of parent: Int32) throws -> [Int32] {
        let text = try String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}
