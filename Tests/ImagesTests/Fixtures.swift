import Foundation
import Images
import Testing

/// The files that Fixtures/make_fixtures.py made, and what its manifest says of them.
enum Fixtures {
    /// A file and the pixels that decoding it must give.
    struct Decoding: Decodable, CustomTestStringConvertible {
        let file, expected: String
        let width, height, tolerance: Int
        let orientation: UInt8?
        let forWidth, forHeight: Int?

        var testDescription: String { forWidth.map { "\(file) for \($0)" } ?? file }
        var forSize: (width: Int, height: Int)? {
            if let forWidth, let forHeight { (forWidth, forHeight) } else { nil }
        }
    }

    /// A file, what is done to it, and the pixels that this must give.
    struct Resizing: Decodable, CustomTestStringConvertible {
        let file, operation, expected: String
        let width, height, tolerance: Int

        var testDescription: String { "\(operation) \(width) x \(height)" }
    }

    struct Text: Decodable {
        let keyword, text: String
    }

    struct Manifest: Decodable {
        let decoding: [Decoding]
        let resizing: [Resizing]
        let texts: [Text]
    }

    static let manifest: Manifest = {
        do {
            return try JSONDecoder().decode(Manifest.self, from: Data(bytes("fixtures.json")))
        } catch {
            fatalError("fixtures.json: \(error)")
        }
    }()

    /// Those that Fixtures/make_phone_fixtures.py made, of the formats that this build decodes.
    static let phone: [Decoding] = {
        struct Phone: Decodable { let decoding: [Decoding] }
        do {
            let endings = ImageFormat.decoded.flatMap(\.fileEndings)
            return try JSONDecoder().decode(Phone.self, from: Data(bytes("phone.json"))).decoding
                .filter { fixture in endings.contains { fixture.file.hasSuffix("." + $0) } }
        } catch {
            fatalError("phone.json: \(error)")
        }
    }()

    /// Every picture once.
    static let files = Set(manifest.decoding.map(\.file)).sorted()

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: url(name)))
    }

    static func path(_ name: String) -> String { url(name).path }

    private static func url(_ name: String) -> URL {
        Bundle.module.bundleURL.appending(path: "Fixtures").appending(path: name)
    }

    /// Calls `body` with the path of a file that holds `bytes` and is gone afterwards.
    static func withFile<Result>(_ bytes: [UInt8], body: (String) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "images-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path)
    }
}

/// The largest difference of two pictures' bytes; nil when their sizes differ.
func largestDifference(_ image: RGBImage, _ expected: [UInt8]) -> Int? {
    guard image.pixels.count == expected.count else { return nil }
    return zip(image.pixels, expected).map { abs(Int($0) - Int($1)) }.max()
}
