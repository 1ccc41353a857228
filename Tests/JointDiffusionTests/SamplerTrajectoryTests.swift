import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Every sampler against diffusers, over whole trajectories; see make_sampler_goldens.py.
@Suite struct SamplerTrajectoryTests {
    /// One scheduler_config.json and what was run with it.
    struct Group: Decodable, Sendable, CustomTestStringConvertible {
        struct Refused: Decodable, Sendable, Equatable {
            let sampler: String
            let steps: Int

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                sampler = try container.decode(String.self)
                steps = try container.decode(Int.self)
            }
        }

        let name: String
        let samplers: [String]
        let steps: [Int]
        /// Where diffusers fails or leaves finite numbers.
        let refused: [Refused]

        var testDescription: String { name }
    }

    static let groups: [Group] = {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        return
            (try? decoder.decode(
                [Group].self,
                from: Data(contentsOf: Goldens.directory.appendingPathComponent("samplers.json")))) ?? []
    }()

    static let tensors = try? GoldenTensors(Goldens.directory.appendingPathComponent("samplers.safetensors"))

    /// The configuration of a group, read from a file as checkpoints have it.
    static func configuration(_ name: String) throws -> SchedulerConfiguration {
        let all = try String(
            contentsOf: Goldens.directory.appendingPathComponent("samplers.json"), encoding: .utf8)
        let start = try #require(all.range(of: "\"name\":\"\(name)\",\"configuration\":"))
        let end = try #require(all.range(of: ",\"samplers\":", range: start.upperBound..<all.endIndex))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        try all[start.upperBound..<end.lowerBound].write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        return try SchedulerConfiguration(file: file)
    }

    /// The goldens' name for a sampler, and what it was run with.
    static func kind(_ name: String) throws -> (kind: SamplerKind, eta: Double) {
        name == "ddim_eta" ? (.ddim, 0.7) : (try SamplerKind(name: name), 0)
    }

    @Test func goldensAreThere() {
        #expect(Self.groups.count == 63)
        #expect(Self.tensors != nil)
    }

    @Test(arguments: ["epsilon-leading", "epsilon-leading-zero", "linear-500", "cosine"])
    func cumulativeAlphasMatchDiffusers(name: String) throws {
        let expected = try #require(Self.tensors).floats("alphas/\(name)")
        let actual = NoiseSchedule(try Self.configuration(name)).cumulativeAlphas
        #expect(actual.count == expected.count)
        // PyTorch's float32 square root, which the zero-SNR schedule needs, is not always correctly rounded.
        let difference = zip(actual, expected).map { abs($0 - $1) }.max() ?? 1
        #expect(difference <= (name.hasSuffix("zero") ? 5e-7 : 0))
    }

    @Test(arguments: groups.flatMap { group in group.refused.map { (group.name, $0.sampler, $0.steps) } })
    func whereDiffusersFailsThisDoesNot(name: String, sampler: String, steps: Int) throws {
        let configuration = try Self.configuration(name)
        let kind = try Self.kind(sampler).kind
        if kind == .ddim || kind == .lcm {
            // Noise prediction without signal: diffusers divides by zero.
            #expect(throws: SamplerError.noSignal(sampler: kind.rawValue, timestep: 999)) {
                try kind.sampler(for: configuration, steps: steps)
            }
            return
        }
        // euler_a: diffusers does not know predictions of the clean latent.
        // Karras levels that round to one timestep at the start: diffusers begins at the wrong one of them.
        let backend = CPUBackend(.init(threads: 1))
        var run = try kind.sampler(for: configuration, steps: steps)
        var x = Float(run.initialNoiseScale) * Tensor([1.2, -0.4, 0.1], shape: [3], on: backend)
        for step in 0..<run.count {
            x = run.step(
                Tensor(run.scaledInput(x, at: step).elements.map(tanh), shape: x.shape, on: backend),
                at: step, x)
        }
        #expect(x.elements.allSatisfy { $0.isFinite })
    }

    @Test(arguments: groups) func trajectoriesMatchDiffusers(group: Group) throws {
        let tensors = try #require(Self.tensors)
        let configuration = try Self.configuration(group.name)
        let backend = CPUBackend(.init(threads: 1))
        for name in group.samplers {
            for steps in group.steps where tensors.contains("\(group.name)/\(name)/\(steps)") {
                let key = "\(group.name)/\(name)/\(steps)"
                let rows = try tensors.floats(key)
                let width = try tensors.shape(key)[1]
                let (kind, eta) = try Self.kind(name)
                var sampler = try kind.sampler(for: configuration, steps: steps, eta: eta)
                let count = sampler.count
                try #require(rows.count == count * width, "\(key): \(count) steps")

                // diffusers subtracts float32 numbers of the size of the initial noise (up to 4096 and more).
                let rounding = name.hasPrefix("euler") ? sampler.initialNoiseScale * 0x1p-23 : 0
                let start = Float(sampler.initialNoiseScale)
                var x = start * Tensor([1.2, -0.4, 0.1], shape: [1, 1, 1, 3], on: backend)
                let one = Tensor([1], shape: [1, 1, 1, 1], on: backend)
                for step in 0..<count {
                    let row = rows[(step * width)..<((step + 1) * width)].map(Double.init)
                    let time = sampler.timesteps[step]
                    #expect(abs(time - row[0]) <= 1e-4 * max(1, row[0]), "\(key) step \(step) timestep")
                    let level = sampler.noiseLevels[step]
                    #expect(
                        level == row[1] || abs(level - row[1]) <= 1e-5 * row[1], "\(key) step \(step) level")
                    let noised = Double(sampler.noised(0.3 * one, -0.7 * one, at: step).elements[0])
                    #expect(abs(noised - row[2]) <= 1e-5 * max(1, abs(row[2])), "\(key) step \(step) noised")

                    let input = sampler.scaledInput(x, at: step).elements
                    let output = input.map { tanh(0.9 * $0 + 0.3 - 0.8 * Float(time) / 1000) }
                    x = sampler.step(Tensor(output, shape: x.shape, on: backend), at: step, x)
                    let fresh = (0..<3).map { 1.5 * cos(0.7 * Float(step + 1) + 2.1 * Float($0)) }
                    let added = Float(sampler.addedNoise(at: step))
                    x = x + added * Tensor(fresh, shape: x.shape, on: backend)
                    guard steps <= 16 || step == count - 1 else { continue }
                    let expected = Array(row[3...])
                    let difference = zip(x.elements, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
                    let scale = expected.map { abs($0) }.max() ?? 1
                    #expect(
                        difference <= 1e-4 * scale + rounding,
                        "\(key) step \(step): \(x.elements), not \(expected)")
                }
            }
        }
    }
}
