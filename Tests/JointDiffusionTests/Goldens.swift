import Foundation

/// Where the goldens of this target lie.
enum Goldens {
    static let directory =
        Bundle.module.resourceURL?.appendingPathComponent("Goldens") ?? URL(fileURLWithPath: "Goldens")
}
