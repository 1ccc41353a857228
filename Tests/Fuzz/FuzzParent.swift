import SeededFaults

import Foundation
import Glibc

/// Runs a target in child processes, and keeps the input at which one died or did not come to an end.
struct FuzzParent {
    let target: FuzzTarget
    let mutator: Mutator
    let seed: UInt64
    /// Where findings go.
    let findings: String

    /// No parser takes that long for a few kilobytes, on any machine.
    private static let patience: Duration = .seconds(60)

    private enum End {
        case complete
        case died(at: Int, how: String)
    }

    /// Tries inputs until `count` are done or the time is over.
    /// - Returns: how many were tried, and the findings' paths.
    func run(count: Int?, seconds: Double?) throws -> (tried: Int, findings: [String]) {
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        var (number, found) = (0, [String]())
        while number < count ?? .max, end.map({ .now < $0 }) ?? true {
            // In parts, so that a time can be held.
            let part =
                number..<min(
                    count ?? .max, number + max(1, end == nil ? .max - number : target.shortRun / 10))
            switch try child(part) {
            case .complete: number = part.upperBound
            case .died(let place, let how):
                found.append(try keep(place, how))
                number = place + 1
                if found.count == 10 { return (number, found) }
            }
        }
        return (number, found)
    }

    private func child(_ numbers: Range<Int>) throws -> End {
        let progress = NSTemporaryDirectory() + "jedifuzz-\(UInt64.random(in: 0...UInt64.max))"
        try Data(count: 8).write(to: URL(filePath: progress))
        defer { unlink(progress) }
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "child", target.name, String(seed), String(numbers.lowerBound), String(numbers.upperBound),
            progress,
        ]
        let errors = Pipe()
        process.standardError = errors
        // A trap's backtrace takes seconds and says no more than the input does.
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = environment
        try process.run()
        let watch = HangWatch(process: process.processIdentifier, progress: progress, patience: Self.patience)
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let hung = watch.end()
        if process.terminationReason == .exit && process.terminationStatus == 0 { return .complete }
        let place = try HangWatch.number(in: progress)
        let how =
            hung ? "it did not come to an end" : "it died (\(process.terminationStatus)): \(said.suffix(600))"
        return .died(at: place, how: how)
    }

    private func keep(_ number: Int, _ how: String) throws -> String {
        try FileManager.default.createDirectory(atPath: findings, withIntermediateDirectories: true)
        let path = "\(findings)/\(target.name)-\(seed)-\(number)"
        try Data(mutator.input(seed: seed, number: number)).write(to: URL(filePath: path))
        print("\(target.name): input \(number) of seed \(seed): \(how)\n  kept as \(path)")
        return path
    }
}
