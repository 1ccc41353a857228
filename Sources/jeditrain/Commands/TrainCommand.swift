import ArgumentParser
import Foundation
import Tensors
import Training

/// `jeditrain train`: a training run, from its beginning or from its last snapshot.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model, or go on where a run ended.",
        discussion: """
            CONFIG is a YAML file of 'name: value' lines; 'model' and 'data' must be there. The run's folder holds the \
            configuration, the log (log.jsonl), the loss as a curve (loss.png), sample sheets and snapshots. The same \
            command goes on from the last snapshot, with the same bits as if the run had never ended. To use the result: \
            jeditrain export.

            'mpirun -n 4 jeditrain train CONFIG' trains with four processes, also on several machines, if the program was \
            built where libopenmpi-dev is. A step then learns from four times as many sets. Model and data must be readable \
            to all, the run's folder to the first.
            """)

    @Argument(help: "The configuration.", completion: .file(extensions: ["yaml", "yml"])) var config: String
    @Option(
        help: ArgumentHelp("The run's folder; CONFIG without its ending by default.", valueName: "dir"),
        completion: .directory)
    var out: String?

    func run() throws {
        WaitPolicy.apply()
        let configuration = try TrainingConfiguration(file: config)
        guard let text = try? String(contentsOfFile: config, encoding: .utf8) else {
            throw CommandError("\(config) cannot be read.")
        }
        let folder = out ?? URL(fileURLWithPath: config).deletingPathExtension().path
        guard folder != config else {
            throw CommandError("\(config) has no ending to leave out. Give the run a folder: --out DIR.")
        }
        let group = try ProcessGroup.join()
        do { try train(configuration, text, folder, group) } catch {
            guard group.size > 1 else { throw error }
            FileHandle.standardError.write(Data("Error: process \(group.rank): \(error)\n".utf8))
            group.abort()
        }
        group.end()
    }

    private func train(
        _ configuration: TrainingConfiguration, _ text: String, _ folder: String, _ group: ProcessGroup
    ) throws {
        let loop = try TrainingLoop(configuration, text: text, folder: folder, group: group)
        guard group.rank == 0 else { return try loop.run() }
        if loop.step > 0 { print("\(folder): going on after step \(loop.step)") }
        let line = TrainingProgressLine()
        try loop.run { line.show($0) }
        if let first = loop.idleWeights.first {
            let others = loop.idleWeights.count > 1 ? " and \(loop.idleWeights.count - 1) others" : ""
            print(
                "\(folder): no gradient has reached \(first)\(others) for long ('idle' in log.jsonl): these layers learn "
                    + "nothing. Another run can begin them anew ('renew'), at a lower 'rate'.")
        }
        print("\(folder): \(loop.step) steps are done. To use the model: jeditrain export \(folder) MODEL")
    }
}
