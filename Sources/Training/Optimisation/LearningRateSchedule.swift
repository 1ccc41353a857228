import Foundation

/// The learning rate over a run: linear warm-up, then constant or half a cosine down.
public struct LearningRateSchedule: Sendable, Equatable {
    public enum Shape: String, Sendable, CaseIterable {
        case constant, cosine
    }

    public var peak: Double
    public var warmUpSteps: Int
    public var shape: Shape
    /// Of the peak, where the cosine ends.
    public var finalFraction: Double

    public init(peak: Double, warmUpSteps: Int = 0, shape: Shape = .constant, finalFraction: Double = 0) {
        self.peak = peak
        self.warmUpSteps = warmUpSteps
        self.shape = shape
        self.finalFraction = finalFraction
    }

    /// The rate of step `index`, counted from 0, of `count` steps.
    public func rate(at index: Int, of count: Int) -> Double {
        if index < warmUpSteps { return peak * Double(index + 1) / Double(warmUpSteps) }
        switch shape {
        case .constant: return peak
        case .cosine:
            let progress = min(1, Double(index - warmUpSteps) / Double(max(1, count - warmUpSteps)))
            return peak * (finalFraction + (1 - finalFraction) * (1 + cos(.pi * progress)) / 2)
        }
    }
}
