import Tensors

/// A walk from noise to a clean latent, one network evaluation a step. It draws no random numbers: where a
/// sampler adds noise, it says how much, and the caller adds its own.
///
/// A sampler is a value: it knows its schedule, and carries what a multistep method remembers. It never calls
/// the network; the caller asks for the input of step `i`, evaluates, and hands the output to `step`:
///
///     var x = Float(sampler.initialNoiseScale) * noise
///     for i in sampler.timesteps.indices {
///         let output = network(sampler.scaledInput(x, at: i), sampler.timesteps[i])
///         x = sampler.step(output, at: i, x) + Float(sampler.addedNoise(at: i)) * freshNoise
///     }
///
/// Latents may have any shape and scale; all members of a batch are at the same step.
public protocol Sampler {
    /// The network's time of each step, falling; not always whole numbers.
    var timesteps: [Double] { get }

    /// Noise over signal, `σ / α`, at the start of each step; infinite where there is no signal.
    var noiseLevels: [Double] { get }

    /// Standard deviation of the latent before the first step.
    var initialNoiseScale: Double { get }

    /// What multistep methods carry from step to step; empty before the first. With `x` and the index of the
    /// next step it is all that is needed to go on later with an equal sampler.
    var history: [Tensor] { get set }

    /// The latent as the network takes it.
    func scaledInput(_ x: Tensor, at step: Int) -> Tensor

    /// A clean latent with noise of unit variance, as a latent of step `step` (before `scaledInput`).
    func noised(_ clean: Tensor, _ noise: Tensor, at step: Int) -> Tensor

    /// The clean latent as the network's output at step `step` predicts it.
    func cleanLatent(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor

    /// The latent of step `step + 1` from that of `step` and the network's output there, before noise is added.
    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor

    /// Standard deviation of the fresh noise that the latent of step `step + 1` has besides.
    func addedNoise(at step: Int) -> Double
}

extension Sampler {
    /// Number of steps.
    public var count: Int { timesteps.count }

    /// None: most samplers are deterministic.
    public func addedNoise(at step: Int) -> Double { 0 }
}
