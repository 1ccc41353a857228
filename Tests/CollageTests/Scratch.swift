import Foundation
import Images
import JointDiffusion
import SyntheticSubjects
import Tensors
import TestSupport
import Testing

@testable import Collage

/// Folders that are gone afterwards, checkpoints and pictures.
enum Scratch {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let toybox = tests.deletingLastPathComponent().appendingPathComponent("Models/toybox").path

    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "collage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    /// A tiny checkpoint with weights by a formula, which draws noise.
    static func withCheckpoint<Result>(_ name: String, _ body: (String) throws -> Result) throws -> Result {
        let goldens = tests.appendingPathComponent("JointDiffusionTests/Goldens")
        let golden = try GoldenCheckpoint(name, in: goldens)
        return try CheckpointWriter.withFolder(of: golden, goldens: goldens) { try body($0.path) }
    }

    static func model(_ folder: String) throws -> DiffusionModel {
        try DiffusionModel(folder: folder, on: CPUBackend(CPUConfiguration(threads: 2)))
    }

    /// Every file with its bytes, by its path from the folder; the lock is none of the run's results.
    static func files(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) where path != ".collage/lock"
        {
            // A folder has no contents.
            files[path] = FileManager.default.contents(atPath: "\(folder)/\(path)") ?? Data()
        }
        return files
    }

    /// Intersection over union.
    static func overlap(_ a: [UInt8], _ b: [UInt8]) -> Double {
        let both = zip(a, b).count { $0 >= 128 && $1 >= 128 }
        let either = zip(a, b).count { $0 >= 128 || $1 >= 128 }
        return Double(both) / Double(max(1, either))
    }
}
