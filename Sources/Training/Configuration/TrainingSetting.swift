import JointDiffusion
import Tensors

/// One setting of a configuration file: its name, and how its value is read.
struct TrainingSetting {
    /// Why a value is refused: what is allowed instead.
    struct Refusal: Error { let allowed: String }

    let name: String
    let read: (String, inout TrainingConfiguration) throws(Refusal) -> Void

    static func named(_ name: String) -> TrainingSetting? { all.first { $0.name == name } }

    static var all: [TrainingSetting] {
        [
            text("model", \.model), list("train", \.train), list("from_scratch", \.fromScratch),
            words("freeze", \.freeze), words("renew", \.renew), flag("known_channels", \.knownChannels),
            choice("mode", \.mode, among: [.joint, .cached]),
            integer("lora_rank", \.loraRank, 0...4096), number("lora_scale", \.loraScale, 0...1000),
            text("data", \.data), integer("width", \.width, 0...4096), integer("height", \.height, 0...4096),
            integer("pool_subjects", \.poolSubjects, 0...100_000_000),
            integer("pool_images", \.poolImages, 1...1_000_000),
            integer("pool_portraits", \.poolPortraits, 0...1_000_000), text("latents", \.latents),
            integer("images", \.images, 1...64), integer("known_minimum", \.knownMinimum, 0...63),
            integer("known_maximum", \.knownMaximum, 0...63), number("drop_text", \.dropText, 0...1),
            number("drop_references", \.dropReferences, 0...1),
            number("drop_reference", \.dropReference, 0...1),
            choice("weighting", \.weighting, among: LossWeighting.allCases),
            number("gamma", \.gamma, 0.01...1000),
            number("known_weight", \.knownWeight, 0...100),
            number("subject_weight", \.subjectWeight, 0.01...100),
            number("timestep_bias", \.timestepBias, 0.1...10), number("latent_noise", \.latentNoise, 0...10),
            number("huber", \.huber, 1e-6...1e6),
            integer("steps", \.steps, 1...100_000_000), integer("sets", \.sets, 1...4096),
            integer("accumulate", \.accumulate, 1...4096), number("rate", \.rate, 0...10),
            integer("warm_up", \.warmUp, 0...10_000_000),
            choice("schedule", \.schedule, among: LearningRateSchedule.Shape.allCases),
            number("final_rate", \.finalRate, 0...1),
            choice("optimizer", \.optimizer, among: Optimizer.Method.allCases),
            number("momentum", \.momentum, 0...0.9999), number("beta1", \.beta1, 0...0.9999),
            number("beta2", \.beta2, 0...0.999999), number("epsilon", \.epsilon, 1e-16...1),
            number("weight_decay", \.weightDecay, 0...10), number("clip_norm", \.clipNorm, 1e-6...1e9),
            number("average_decay", \.averageDecay, 0...0.999999),
            integer("seed", \.seed, 0...Int(Int32.max)),
            choice("precision", \.precision, among: [Precision.float32, .bfloat16]),
            integer("threads", \.threads, 0...1024),
            integer("log_every", \.logEvery, 1...1_000_000),
            integer("snapshot_every", \.snapshotEvery, 1...10_000_000),
            integer("sample_every", \.sampleEvery, 0...10_000_000),
            integer("probe_every", \.probeEvery, 0...10_000_000),
            integer("maximum_skips", \.maximumSkips, 1...1000),
        ]
    }

    private typealias Path<Value> = WritableKeyPath<TrainingConfiguration, Value>

    private static func text(_ name: String, _ path: Path<String>) -> TrainingSetting {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            guard !text.isEmpty else { throw Refusal(allowed: "a path") }
            configuration[keyPath: path] = text
        }
    }

    private static func integer(_ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>)
        -> TrainingSetting
    {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            guard let value = Int(text), range.contains(value) else {
                throw Refusal(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            configuration[keyPath: path] = value
        }
    }

    private static func number(_ name: String, _ path: Path<Double>, _ range: ClosedRange<Double>)
        -> TrainingSetting
    {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            guard let value = Double(text), range.contains(value) else {
                throw Refusal(allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            configuration[keyPath: path] = value
        }
    }

    private static func flag(_ name: String, _ path: Path<Bool>) -> TrainingSetting {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            guard let value = ["true": true, "yes": true, "false": false, "no": false][text] else {
                throw Refusal(allowed: "true or false")
            }
            configuration[keyPath: path] = value
        }
    }

    private static func choice<Value: RawRepresentable<String>>(
        _ name: String, _ path: Path<Value>, among values: [Value]
    ) -> TrainingSetting {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            guard let value = values.first(where: { $0.rawValue == text }) else {
                throw Refusal(allowed: values.map(\.rawValue).joined(separator: ", "))
            }
            configuration[keyPath: path] = value
        }
    }

    /// Written as a list, or as words with commas or blanks between them.
    private static func words(_ name: String, _ path: Path<[String]>) -> TrainingSetting {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            let words = text.split(whereSeparator: { ", ".contains($0) }).map(String.init)
            guard !words.isEmpty, words.allSatisfy({ $0.contains("/") }) else {
                throw Refusal(allowed: "some beginnings of parameters' names, as vae/encoder")
            }
            configuration[keyPath: path] = words
        }
    }

    /// Written as a list, or as words with commas or blanks between them.
    private static func list(_ name: String, _ path: Path<[TrainingConfiguration.Component]>)
        -> TrainingSetting
    {
        TrainingSetting(name: name) { (text, configuration) throws(Refusal) in
            var components: [TrainingConfiguration.Component] = []
            for word in text.split(whereSeparator: { ", ".contains($0) }) {
                guard let component = TrainingConfiguration.Component(rawValue: String(word)),
                    !components.contains(component)
                else {
                    let names = TrainingConfiguration.Component.allCases.map(\.rawValue)
                    throw Refusal(allowed: "some of " + names.joined(separator: ", "))
                }
                components.append(component)
            }
            configuration[keyPath: path] = components
        }
    }
}
