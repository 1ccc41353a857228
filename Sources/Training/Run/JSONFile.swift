import Foundation

/// Changes single values of a JSON object in a file.
enum JSONFile {
    /// - Parameter change: of what the file holds; nothing where there is none.
    static func edit(_ path: String, _ change: (inout [String: Any]) -> Void) throws {
        var object: [String: Any] = [:]
        if let data = FileManager.default.contents(atPath: path) {
            object = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }
        change(&object)
        let options: JSONSerialization.WritingOptions = [
            .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
        ]
        try JSONSerialization.data(withJSONObject: object, options: options).write(
            to: URL(fileURLWithPath: path), options: .atomic)
    }
}
