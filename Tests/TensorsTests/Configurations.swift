import Tensors
import Testing

extension CPUConfiguration: CustomTestStringConvertible {
    public var testDescription: String {
        "\(instructionSet.rawValue), \(threads) threads, oneDNN \(usesOneDNN ? "on" : "off")"
    }
}

/// Configurations to try every operation in.
enum Configurations {
    /// The instruction sets that this processor has.
    static let instructionSets = CPUConfiguration.InstructionSet.allCases.filter { $0 <= .detected }

    /// For own kernels: every instruction set, and more threads than some of the processors have.
    static let kernels = instructionSets.flatMap { instructionSet in
        [1, 2, 3].map { CPUConfiguration(threads: $0, instructionSet: instructionSet, usesOneDNN: false) }
    }

    /// For products and convolutions: with and without oneDNN.
    static let products = kernels.flatMap { kernel in
        [true, false].map {
            CPUConfiguration(
                threads: kernel.threads, instructionSet: kernel.instructionSet, usesOneDNN: $0)
        }
    }
}
