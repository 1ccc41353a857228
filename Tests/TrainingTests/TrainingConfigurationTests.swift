import Foundation
import Testing

@testable import Training

@Suite struct TrainingConfigurationTests {
    private static let base = "model: m\ndata: d\n"

    private func error(_ text: String) -> TrainingError? {
        do {
            _ = try TrainingConfiguration(yaml: text, file: "f.yaml")
            return nil
        } catch { return error }
    }

    /// The refusal's words, or none.
    private func words(_ text: String) -> String { error(text)?.description ?? "" }

    /// Under its own name every setting refuses what no setting takes.
    @Test func everySetting() throws {
        for setting in TrainingSetting.all where !["model", "data", "latents"].contains(setting.name) {
            #expect(words(Self.base + "\(setting.name): {a: 1}\n").contains("'\(setting.name)' is 'a table'"))
            #expect(words(Self.base + "\(setting.name): none of these\n").contains("'\(setting.name)' is"))
        }
    }

    @Test func values() throws {
        let text =
            Self.base + "train: [unet, text_encoder]\nrate: 3e-4\nschedule: constant\nknown_channels: no\n"
        let configuration = try TrainingConfiguration(yaml: text, file: "f.yaml")
        #expect(configuration.train == [.unet, .textEncoder])
        #expect(configuration.rate == 3e-4)
        #expect(configuration.schedule == .constant)
        #expect(!configuration.knownChannels)
    }

    @Test(arguments: [
        ("stepz: 3", "did you mean 'steps'"), ("learning: 3", "There are: model"),
        ("steps: many", "whole number"),
        ("steps: 0", "from 1"), ("mode: matched", "joint, cached"), ("train: [unet, vae]", "vae alone"),
        ("from_scratch: vae", "add it there"), ("known_minimum: 4", "one to be made"),
        ("rate: {a: 1}", "one value"), ("width: 64", "together"),
        ("lora_rank: 4\ntrain: vae", "leave it out"),
    ])
    func refusals(_ line: String, _ expected: String) {
        let words = words(Self.base + line)
        #expect(words.contains(expected))
    }

    @Test func whatMustBeThere() {
        #expect(words("data: d").contains("'model' is missing"))
        #expect(words("model: m").contains("'data' is missing"))
        for text in ["- 1", "a: [", ""] { #expect(words(text).contains("name: value")) }
    }
}
