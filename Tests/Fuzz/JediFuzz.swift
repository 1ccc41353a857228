import SeededFaults

import Foundation

/// Feeds the parsers bytes that nobody meant.
///
///     jedifuzz                     a short run of every target, the same each time
///     jedifuzz --seconds 600       longer, with another seed each time
///     jedifuzz TARGET --seed N     one target
///     jedifuzz try TARGET FILE...  these inputs, in this process
///     jedifuzz libfuzzer TARGET FOLDER... [-max_total_time=600]
///                                  with libFuzzer, in a build that is made for it (`make fuzz`)
///
/// It runs in the repository's folder. A finding's input is kept; once the parser is mended it belongs into
/// Tests/Fuzz/Cases/TARGET, which every run tries first.
@main
struct JediFuzz {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let folder = SeedFolder(tests: FileManager.default.currentDirectoryPath + "/Tests")
        switch arguments.first {
        case "child" where arguments.count == 6:
            let target = try target(arguments[1])
            guard let seed = UInt64(arguments[2]), let from = Int(arguments[3]), let to = Int(arguments[4])
            else {
                throw FuzzFailure("child: no numbers")
            }
            try FuzzChild(target: target, mutator: try mutator(target, folder), seed: seed)
                .run(from..<to, progress: arguments[5])
        case "try" where arguments.count > 2:
            let target = try target(arguments[1])
            for path in arguments[2...] {
                target.run([UInt8](try Data(contentsOf: URL(filePath: path))))
                print("\(path): survived")
            }
        case "targets": print(FuzzTarget.all.map(\.name).joined(separator: " "))
        #if LIBFUZZER
            case "libfuzzer" where arguments.count > 2:
                let target = try target(arguments[1])
                // It begins with what every run begins with.
                for (number, input) in try folder.inputs(of: target).enumerated() {
                    try Data(input).write(to: URL(filePath: "\(arguments[2])/seed-\(number)"))
                }
                exit(LibFuzzer.run(target, Array(arguments[2...])))
        #endif
        default:
            let seconds = value("--seconds", &arguments).flatMap(Double.init)
            let seed = value("--seed", &arguments).flatMap { UInt64($0) }
            let targets = try arguments.isEmpty ? FuzzTarget.all : arguments.map(target)
            let sane = try fuzz(
                targets, folder, seconds: seconds,
                seed: seed ?? (seconds == nil ? 1 : UInt64.random(in: 1...999_999)))
            exit(sane ? 0 : 1)
        }
    }

    private static func fuzz(
        _ targets: [FuzzTarget], _ folder: SeedFolder, seconds: Double?, seed: UInt64
    ) throws -> Bool {
        var sane = true
        for target in targets {
            let began = ContinuousClock.now
            let parent = FuzzParent(
                target: target, mutator: try mutator(target, folder), seed: seed,
                findings: "Tests/Fuzz/findings")
            let result = try parent.run(
                count: seconds == nil ? target.shortRun : nil,
                seconds: seconds.map { $0 / Double(targets.count) })
            let time = Double((ContinuousClock.now - began) / .milliseconds(100)).rounded() / 10
            print(
                "\(target.name): \(result.tried) inputs in \(time) s, seed \(seed): \(result.findings.count) findings"
            )
            sane = sane && result.findings.isEmpty
        }
        return sane
    }

    private static func mutator(_ target: FuzzTarget, _ folder: SeedFolder) throws -> Mutator {
        let seeds = try folder.inputs(of: target)
        guard !seeds.isEmpty else {
            throw FuzzFailure("\(target.name): no inputs to begin with under \(folder.tests)")
        }
        return Mutator(
            seeds: seeds, words: target.words.map { Array($0.utf8) }, maximumLength: target.maximumLength)
    }

    private static func target(_ name: String) throws -> FuzzTarget {
        guard let target = FuzzTarget.named(name) else {
            let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
            throw FuzzFailure("no target '\(name)'; there are: \(names)")
        }
        return target
    }

    private static func value(_ name: String, _ arguments: inout [String]) -> String? {
        guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return nil }
        defer { arguments.removeSubrange(place...place + 1) }
        return arguments[place + 1]
    }
}
