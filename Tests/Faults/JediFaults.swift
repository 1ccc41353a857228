import Foundation
import SeededFaults

/// Does to the daemon what happens to daemons, with real processes, and counts what came of it.
///
///     jedifaults [--short] [--seed N] [NAME...]
///
/// It runs in the repository's folder. What is amiss is printed with its seed, and the folder is kept.
@main
struct JediFaults {
    static func main() throws {
        UserNamespace.enter()
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isShort = arguments.contains("--short")
        arguments.removeAll { $0 == "--short" }
        var seed: UInt64 = 1
        if let place = arguments.firstIndex(of: "--seed"), place + 1 < arguments.count {
            guard let number = UInt64(arguments[place + 1]) else { throw FaultError("--seed takes a number") }
            seed = number
            arguments.removeSubrange(place...place + 1)
        }
        let scenarios =
            try arguments.isEmpty
            ? Scenario.all.filter { !isShort || $0.isQuick }
            : arguments.map { name in
                guard let found = Scenario.all.first(where: { $0.name == name }) else {
                    let names = Scenario.all.map { "'\($0.name)'" }.joined(separator: ", ")
                    throw FaultError("no fault '\(name)'; there are: \(names)")
                }
                return found
            }
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let setting = Scenario.Setting(
            programs: program.deletingLastPathComponent().path, seed: seed, isShort: isShort,
            tests: FileManager.default.currentDirectoryPath + "/Tests")
        var table = FaultTable()
        for scenario in scenarios { try run(scenario, setting, &table) }
        print("\n" + table.text)
        exit(table.isClean ? 0 : 1)
    }

    private static func run(_ scenario: Scenario, _ setting: Scenario.Setting, _ table: inout FaultTable)
        throws
    {
        let began = ContinuousClock.now
        let world = try World()
        var isClean = false
        do {
            let outcome = try scenario.run(setting, world)
            table.add(scenario.name, outcome)
            isClean = outcome.census.isClean
        } catch {
            table.add(scenario.name, failure: "\(error)")
        }
        print("\(scenario.name): \((ContinuousClock.now - began).components.seconds) s. \(table.lastLine)")
        // Into a file or a pipe as well, while it runs.
        fflush(nil)
        if isClean {
            world.remove()
        } else {
            print("  seed \(setting.seed); kept: \(world.place)")
        }
    }
}
