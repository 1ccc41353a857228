import Foundation

/// Seconds for each part, and bytes.
struct BenchmarkReport: Encodable {
    let model: String
    let width: Int
    let height: Int
    let threads: Int
    let precision: String
    let mode: String
    let references: Int
    /// The share of their tokens that is attended to.
    let referenceTokens: Double
    /// Nil, as the VAE's, where the U-Net alone was timed.
    let textEncoding: Double?
    let vaeEncode: Double?
    let unetForward: Double
    let unetForwardWithReferences: Double?
    let vaeDecode: Double?
    let peakMemoryBytes: Int
    /// Thousand millions of multiplications and additions a second of a large product, in the same run; with a profile.
    let peak: Double?
    /// Of one U-Net forward, with the references if there are any; what takes longest first.
    let profile: [Operation]?

    /// All calls of one operation with one shape.
    struct Operation: Encodable {
        let operation: String
        let shape: String
        let calls: Int
        let seconds: Double
        let gigaoperationsPerSecond: Double?
        let share: Double

        enum CodingKeys: String, CodingKey {
            case operation, shape, calls, share
            case seconds = "s"
            case gigaoperationsPerSecond = "gop_per_s"
        }
    }

    enum CodingKeys: String, CodingKey {
        case model, width, height, threads, precision, mode, references, profile
        case referenceTokens = "reference_tokens"
        case textEncoding = "text_encoding_s"
        case vaeEncode = "vae_encode_s"
        case unetForward = "unet_forward_s"
        case unetForwardWithReferences = "unet_forward_with_references_s"
        case vaeDecode = "vae_decode_s"
        case peakMemoryBytes = "peak_memory_bytes"
        case peak = "peak_gop_per_s"
    }

    /// For people.
    var table: String {
        var rows = [
            ("text encoding", textEncoding), ("VAE encode", vaeEncode), ("U-Net forward", unetForward),
        ].compactMap { name, time in time.map { (name, seconds($0)) } }
        if let unetForwardWithReferences {
            let ratio = String(format: "%.2f", unetForwardWithReferences / unetForward)
            rows.append(
                (
                    "with \(references) reference\(references == 1 ? "" : "s"), \(mode)"
                        + (referenceTokens < 1 ? ", \(referenceTokens) of their tokens" : ""),
                    "\(seconds(unetForwardWithReferences))  (\(ratio) x plain)"
                ))
        }
        if let vaeDecode { rows.append(("VAE decode", seconds(vaeDecode))) }
        rows.append(("peak memory", "\(peakMemoryBytes >> 20) MiB"))
        let wide = rows.map(\.0.count).max() ?? 0
        return
            (["\(model), \(width)x\(height), \(precision), \(threads) thread\(threads == 1 ? "" : "s")"]
            + rows.map { $0.0.padding(toLength: wide + 2, withPad: " ", startingAt: 0) + $0.1 })
            .joined(separator: "\n") + (profile.map { "\n\n" + Self.table(of: $0, peak: peak) } ?? "")
    }

    /// Rows of what takes longest, and what the rest takes together.
    private static func table(of operations: [Operation], peak: Double?) -> String {
        let shown = 24
        let rest = operations.dropFirst(shown)
        let rows = operations.prefix(shown).map { operation in
            row(
                operation.share, operation.seconds, operation.gigaoperationsPerSecond, peak,
                "\(operation.calls) x \(operation.operation) \(operation.shape)")
        }
        let others = rest.reduce((share: 0.0, seconds: 0.0)) {
            ($0.share + $1.share, $0.seconds + $1.seconds)
        }
        let last = rest.isEmpty ? [] : [row(others.share, others.seconds, nil, nil, "\(rest.count) others")]
        let heading = "share         ms    Gop/s  of peak  one forward of the U-Net"
        let foot =
            peak.map { [String(format: "peak: %.0f Gop/s, a product of 2048 x 2048 x 2048", $0)] } ?? []
        return ([heading] + rows + last + foot).joined(separator: "\n")
    }

    private static func row(
        _ share: Double, _ seconds: Double, _ speed: Double?, _ peak: Double?, _ what: String
    ) -> String {
        let fast = speed.map { String(format: "%9.1f", $0) } ?? "         "
        let part = speed.flatMap { speed in peak.map { String(format: "%7.0f %%", 100 * speed / $0) } }
        return String(format: "%4.1f %%%11.3f", 100 * share, 1000 * seconds)
            + "\(fast)\(part ?? "         ")  \(what)"
    }

    private func seconds(_ value: Double) -> String { String(format: "%8.4f s", value) }
}
