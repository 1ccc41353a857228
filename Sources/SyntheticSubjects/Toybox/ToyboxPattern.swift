import CToybox

/// What is painted on a subject.
public enum ToyboxPattern: String, Sendable, CaseIterable {
    case plain, stripes, spots, patches, bands, checks, halves, zigzag, rings

    /// As in "a striped cat"; nil where nothing is to be said.
    public var adjective: String? {
        switch self {
        case .plain: nil
        case .stripes: "striped"
        case .spots: "spotted"
        case .patches: "patchy"
        case .bands: "banded"
        case .checks: "checkered"
        case .halves: "two-toned"
        case .zigzag: "zigzag"
        case .rings: "ringed"
        }
    }

    var code: Int32 {
        let pattern: toybox_pattern =
            switch self {
            case .plain: TOYBOX_PLAIN
            case .stripes: TOYBOX_STRIPES
            case .spots: TOYBOX_SPOTS
            case .patches: TOYBOX_PATCHES
            case .bands: TOYBOX_BANDS
            case .checks: TOYBOX_CHECKS
            case .halves: TOYBOX_HALVES
            case .zigzag: TOYBOX_ZIGZAG
            case .rings: TOYBOX_RINGS
            }
        return Int32(pattern.rawValue)
    }

    /// Repeats in a unit: few and large, so that 64 pixels show them.
    var scales: ClosedRange<Float> {
        switch self {
        case .plain, .halves: 1...1
        case .stripes: 2.6...4.6
        case .spots: 3.2...5.2
        case .patches: 2.4...3.6
        case .bands: 2.6...4.2
        case .checks: 3...4.6
        case .zigzag: 2.6...3.8
        case .rings: 2.6...4.4
        }
    }
}
