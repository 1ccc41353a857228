import Foundation
import JointDiffusion
import Tensors
import Testing

@testable import SubjectDaemon

/// What encoded photos and kept keys and values are filed under: the model, as it is computed here.
@Suite struct EngineIdentityTests {
    private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Models/toybox").path

    private func hash(_ precision: Precision, narrows: Bool) async throws -> String {
        // A processor that multiplies neither bfloat16 nor bytes.
        let configuration = CPUConfiguration(
            threads: 1, instructionSet: .avx2, precision: precision, narrows: narrows)
        let engine = DiffusionEngine(
            model: ModelSource(path: Self.model), configuration: configuration)
        return try await engine.describe().modelHash
    }

    @Test func precisionsTellApart() async throws {
        let plain = try await hash(.float32, narrows: true)
        #expect(!plain.contains("-"))
        for precision in [Precision.bfloat16, .int8] {
            let integers = try await hash(precision, narrows: true)
            #expect(integers == "\(plain)-\(precision.rawValue)-integers")
            let rounded = try await hash(precision, narrows: false)
            #expect(rounded == "\(plain)-\(precision.rawValue)")
        }
        let same = try await hash(.float32, narrows: false)
        #expect(same == plain)
    }
}
