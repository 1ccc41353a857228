import Foundation
import Tensors
import TestSupport
import Testing

/// The regenerated checkpoints are the ones that the reference program ran on.
@Suite struct GoldenCheckpointTests {
    struct Pin: Sendable, CustomTestStringConvertible {
        let component: String
        let key: String
        let shape: [Int]
        /// Bits of the first, second and last value, and of all values joined by exclusive or.
        let bits: [UInt32]

        var testDescription: String { "\(component)/\(key)" }
    }

    // python3 -c 'import hashed_weights as h, numpy as n; t = h.tensor("unet", "conv_in.weight", (16, 4, 3, 3)).ravel()
    //   .view(n.uint32); print([hex(int(x)) for x in t[[0, 1, -1]]], hex(int(n.bitwise_xor.reduce(t))))'
    static let pins = [
        Pin(
            component: "unet", key: "conv_in.weight", shape: [16, 4, 3, 3],
            bits: [0x3d92_d968, 0xbc31_1463, 0xbe82_501b, 0x0784_970c]),
        Pin(
            component: "unet", key: "conv_norm_out.weight", shape: [16],
            bits: [0x3f88_411e, 0x3f8c_034b, 0x3f8c_6708, 0x00f4_a64a]),
        Pin(
            component: "unet", key: "conv_in.bias", shape: [16],
            bits: [0xbd74_f420, 0xbd2f_8c33, 0x3d40_73f7, 0x004b_47cd]),
        Pin(
            component: "text_encoder", key: "text_model.embeddings.token_embedding.weight", shape: [630, 32],
            bits: [0x3e7a_95c8, 0x3d1e_2f30, 0xbede_8c88, 0x87bc_5e10]),
        Pin(
            component: "vae", key: "decoder.layers.5.weight", shape: [8, 8, 3, 3],
            bits: [0xbe0c_1526, 0xbe23_48ce, 0x3da9_8e71, 0x802e_c173]),
    ]

    @Test func seedIsThatOfNumpy() {
        #expect(HashedWeights.seed(component: "unet", key: "conv_in.weight") == 0xb4a5_ca5c_0d15_0196)
    }

    @Test(arguments: pins) func valuesAreThoseOfNumpy(pin: Pin) {
        let bits = HashedWeights.values(component: pin.component, key: pin.key, shape: pin.shape).map(
            \.bitPattern)
        #expect([bits[0], bits[1], bits[bits.count - 1], bits.reduce(0, ^)] == pin.bits)
    }

    @Test func everyCheckpointHasRunsAndNetworks() throws {
        let checkpoints = try GoldenCheckpoint.all(in: Goldens.directory)
        #expect(checkpoints.count == 7)
        #expect(try checkpoints.reduce(0) { try $0 + $1.cases().count } == 27)
        for checkpoint in checkpoints {
            let networks = try checkpoint.networks()
            #expect(try networks.integers("text_ids").count == 32)
            #expect(try networks.shape("unet_output")[0] == 2)
            for run in try checkpoint.cases() {
                #expect(try run.tensors.shape("latent")[0] == run.request.targets)
                #expect(try run.references().count == run.request.references)
            }
        }
    }

    @Test func writtenFolderHoldsWhatDiffusersSaved() throws {
        let checkpoint = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: checkpoint, goldens: Goldens.directory) { folder in
            for path in ["model_index.json", "scheduler/scheduler_config.json", "tokenizer/vocab.json"] {
                #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path))
            }
            for (name, component) in checkpoint.components {
                let file = try SafetensorsFile(
                    path: folder.appendingPathComponent("\(name)/\(component.file)").path)
                #expect(file.names == component.shapes.keys.sorted())
            }
        }
    }
}
