import ArgumentParser
import Foundation
import Training

/// `jeditrain scale-latents`: after an autoencoder was trained.
struct ScaleLatentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale-latents",
        abstract: "Set a model's scaling_factor, so that its latents have deviation 1.",
        discussion: "To be done once after the VAE was trained and exported, before a U-Net is trained on it."
    )

    @Argument(help: "The model's folder.", completion: .directory) var model: String
    @Option(
        help: ArgumentHelp("Folder of subjects' folders, or toybox.", valueName: "dir"),
        completion: .directory)
    var data: String

    func run() throws {
        let factor = try LatentScale.fit(model: model, source: SubjectSource.open(data, seed: 0))
        print("\(model): scaling_factor is \(factor)")
    }
}
