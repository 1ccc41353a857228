import CToybox
import Foundation
import Testing

@testable import SyntheticSubjects

/// Shapes against what geometry says of their outlines.
@Suite struct ShapeTests {
    /// A shape by itself, and the area of its outline from the front.
    struct Outline: Sendable, CustomTestStringConvertible {
        let name: String
        let area: Double
        let build: @Sendable (inout BodyBuilder) -> Void
        var testDescription: String { name }
    }

    private static let outlines = [
        Outline(name: "ball", area: .pi * 0.25) { $0.ball(center, 0.5, 0) },
        Outline(name: "ellipsoid", area: .pi * 0.6 * 0.2) {
            $0.ellipsoid(center, Vector(0.3, 0.2, 0.6), 0, .hard, .yaw(0.25))
        },
        Outline(name: "capsule", area: .pi * 0.04 + 0.4 * 0.9) {
            $0.limb(center - Vector(0.45, 0, 0), center + Vector(0.45, 0, 0), 0.2, 0.2, 0)
        },
        // Two circles' sectors and the trapezoid between them.
        Outline(name: "round cone", area: roundCone(0.4, 0.1, 1)) {
            $0.limb(center, center + Vector(0, 1, 0), 0.4, 0.1, 0)
        },
        Outline(name: "box", area: 1.2 * 0.8 - (4 - .pi) * 0.01) {
            $0.box(center, Vector(0.6, 0.4, 0.12), edge: 0.1, 0)
        },
        Outline(name: "cylinder", area: 0.4 * 1.0 - (4 - .pi) * 0.0025) {
            $0.cylinder(center - Vector(0, 0.5, 0), center + Vector(0, 0.5, 0), 0.2, 0.2, edge: 0.05, 0)
        },
        Outline(name: "cone", area: (0.25 + 0.1) * 1.0) {
            $0.cylinder(center - Vector(0, 0.5, 0), center + Vector(0, 0.5, 0), 0.25, 0.1, edge: 0.001, 0)
        },
        Outline(name: "ring", area: .pi * (0.36 - 0.16)) { $0.arc(center, 0.5, 0.1, opening: 1, 0) },
        Outline(name: "half a ring", area: .pi * (0.36 - 0.16) / 2 + .pi * 0.01) {
            $0.arc(center, 0.5, 0.1, opening: 0.5, 0)
        },
        Outline(name: "pair", area: 2 * .pi * 0.0625) { $0.ball(center + Vector(0.4, 0, 0), 0.25, 0, .pair) },
        Outline(name: "carved", area: 1.2 * 0.8 - .pi * 0.04) {
            $0.box(center, Vector(0.6, 0.4, 0.05), edge: 0.001, 0)
            $0.cylinder(
                center - Vector(0, 0, 0.5), center + Vector(0, 0, 0.5), 0.2, 0.2, edge: 0.001, 0, .carve)
        },
    ]
    private static let center = Vector(0, 5, 0)

    private static func roundCone(_ a: Double, _ b: Double, _ length: Double) -> Double {
        let lean = asin((a - b) / length)
        let flank = (length * length - (a - b) * (a - b)).squareRoot()
        return a * a * (.pi / 2 + lean) + b * b * (.pi / 2 - lean) + (a + b) * flank
    }

    @Test(arguments: outlines) func theMaskHasTheOutlinesArea(_ outline: Outline) {
        let (distance, tangent, size): (Float, Float, Int) = (12, 0.095, 171)
        var body = BodyBuilder()
        outline.build(&body)
        var scene = SceneBuilder(
            materials: [.plain(Vector(1, 0, 0))], light: .bright,
            random: ToyboxRandom(0, purpose: .scene))
        scene.sky(zenith: .zero, horizon: .zero)
        scene.daylight()
        scene.add(body, origin: .zero, frame: .upright, scale: 1, isSubject: true)
        scene.picture.eye = (Self.center - Vector(0, 0, distance)).c
        scene.picture.view = Frame.upright.c
        scene.picture.tangent = tangent
        let mask = ToyboxRendering(scene).pixels(size: size).mask
        let share = mask.reduce(0.0) { $0 + Double($1) / 255 } / Double(mask.count)
        let side = Double(2 * distance * tangent)
        #expect(abs(share * side * side / outline.area - 1) < 0.03, "\(share * side * side)")
    }

    /// The balls that rays are held against hold everything: larger ones show nothing more.
    @Test(arguments: ToyboxKind.allCases) func nothingSticksOutOfItsBounds(_ kind: ToyboxKind) {
        for subject in 0..<2 {
            let identity = Toybox(seed: 2).identity(subject: subject, kind: kind)
            var scene = SceneBuilder(
                materials: ToyPaint.materials(of: identity), light: .bright,
                random: ToyboxRandom(0, purpose: .scene))
            scene.daylight()
            let body = ToyBuilder(identity).body
            scene.add(body, origin: .zero, frame: .yaw(0.1), scale: 1, isSubject: true)
            scene.picture.eye = Vector(0, 0.8, -6).c
            scene.picture.view = Frame.upright.c
            scene.picture.tangent = 0.25
            let tight = ToyboxRendering(scene).pixels(size: 64).mask
            scene.bodies[0].bound_radius *= 2
            for index in scene.parts.indices { scene.parts[index].bound_radius += 0.4 }
            let wide = ToyboxRendering(scene).pixels(size: 64).mask
            let different = zip(tight, wide).filter { abs(Int($0) - Int($1)) > 64 }.count
            #expect(different <= 3, "subject \(subject): \(different) pixels")
            #expect(tight.contains(255))
        }
    }

    @Test func sinesAreRight() {
        for step in -2000...2000 {
            let turns = Float(step) / 700
            #expect(abs(Double(Turn.sine(turns)) - sin(Double(turns) * 2 * .pi)) < 3e-7)
            #expect(abs(Double(Turn.cosine(turns)) - cos(Double(turns) * 2 * .pi)) < 2e-6)
        }
    }
}
