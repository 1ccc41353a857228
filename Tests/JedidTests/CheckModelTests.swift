import Foundation
import Testing

/// `jedid check-model`, which `jedictl model check` asks.
@Suite struct CheckModelTests {
    @Test func aGoodModelIsDescribed() throws {
        let outcome = try Programs.run("jedid", ["check-model", Programs.model, "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        #expect(report["usable"] as? Bool == true)
        #expect(report["name"] as? String == "toybox")
        #expect((report["hash"] as? String)?.count == 64)
        #expect(report["width"] as? Int == 128)
        #expect(report["mode"] as? String == "cached")
        // Its weights alone are 19 MB.
        #expect(try #require(report["memory_bytes"] as? Int) > 19_000_000)
        let text = try Programs.run("jedid", ["check-model", Programs.model])
        #expect(text.status == 0 && text.text.hasPrefix("toybox  "))
    }

    @Test func aBadModelIsRefusedWithItsFile() async throws {
        let missing = try Programs.run("jedid", ["check-model", "/nowhere"])
        #expect(missing.status == 1 && missing.errors.contains("/nowhere/model_index.json"))
        try await Programs.withFolder { folder in
            let copy = folder.appendingPathComponent("model")
            try FileManager.default.copyItem(atPath: Programs.model, toPath: copy.path)
            let weights = copy.appendingPathComponent("unet/diffusion_pytorch_model.safetensors")
            try Data(contentsOf: weights).prefix(100_000).write(to: weights)
            let outcome = try Programs.run("jedid", ["check-model", copy.path, "--json"])
            #expect(outcome.status == 1)
            let report = try #require(JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
            #expect(report["usable"] as? Bool == false)
            #expect((report["error"] as? String)?.contains(weights.path) == true)
        }
    }
}
