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
        let (isShort, seed, scenarios): (Bool, UInt64, [Scenario])
        do { (isShort, seed, scenarios) = try wanted(Array(CommandLine.arguments.dropFirst())) } catch {
            FileHandle.standardError.write(Data("jedifaults: \(error)\n".utf8))
            exit(64)
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

    /// What the command line asks for.
    private static func wanted(_ given: [String]) throws -> (isShort: Bool, seed: UInt64, [Scenario]) {
        var arguments = given
        let isShort = arguments.contains("--short")
        arguments.removeAll { $0 == "--short" }
        var seed: UInt64 = 1
        if let place = arguments.firstIndex(of: "--seed") {
            guard place + 1 < arguments.count, let number = UInt64(arguments[place + 1]) else {
                throw FaultError("--seed takes a number")
            }
            seed = number
            arguments.removeSubrange(place...place + 1)
        }
        guard !arguments.isEmpty else {
            return (isShort, seed, Scenario.all.filter { !isShort || $0.isQuick })
        }
        let scenarios = try arguments.map { name in
            guard let found = Scenario.all.first(where: { $0.name == name }) else {
                let names = Scenario.all.map { "'\($0.name)'" }.joined(separator: ", ")
                throw FaultError("no fault '\(name)'; there are: \(names)")
            }
            return found
        }
        return (isShort, seed, scenarios)
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
