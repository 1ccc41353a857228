import Foundation

/// What a subject's folder says of itself, in `.toybox/set.json`: two folders with the same record hold the same files.
struct ToyboxSetRecord: Codable, Equatable {
    /// Rises whenever the same numbers make other pictures or captions.
    static let currentFormat = 2

    var format = Self.currentFormat
    let seed: UInt64
    let subject: Int
    let images: Int
    let size: Int
    /// Nil in records of the first format.
    let view: ToyboxView?
    let kind: ToyboxKind
    let colors: [String]
    let pattern: String
    let finish: String
    let accessory: String?
    /// Whether the subject is for evaluation only.
    let isHeldOut: Bool

    init(_ order: ToyboxOrder, subject: Int) {
        let identity = order.identity(of: subject)
        (seed, self.subject, images, size) = (order.seed, subject, order.images, order.size)
        view = order.view
        kind = identity.kind
        colors = identity.colors.map(\.word)
        pattern = identity.pattern.rawValue
        finish = identity.finish.rawValue
        accessory = identity.accessory?.rawValue
        isHeldOut = Toybox.isHeldOut(subject: subject)
    }

    enum CodingKeys: String, CodingKey {
        case format, seed, subject, images, size, view, kind, colors, pattern, finish, accessory
        case isHeldOut = "held_out"
    }

    /// As in "cat-red-00012".
    var folderName: String {
        let number = String(subject)
        let zeros = String(repeating: "0", count: max(0, 5 - number.count))
        return "\(kind.noun)-\(colors[0])-\(zeros)\(number)"
    }

    /// What a person would say to have it made.
    var parameters: String {
        "--seed \(seed) --images \(images) --size \(size)" + (view == .portrait ? " --portraits" : "")
    }
}
