/// Takes keys out of a scheduler configuration, each checked, and complains about what is left.
struct SchedulerConfigurationReader {
    /// A JSON value.
    enum Value: Decodable, CustomStringConvertible {
        case null
        case flag(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .flag(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else if let value = try? container.decode([Value].self) {
                self = .list(value)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        var description: String {
            switch self {
            case .null: "null"
            case .flag(let value): "\(value)"
            case .number(let value):
                value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
            case .text(let value): value
            case .list(let values): "[" + values.prefix(4).map(\.description).joined(separator: ", ") + "]"
            case .object: "an object"
            }
        }
    }

    typealias Failure = SchedulerConfigurationError

    let file: String
    private var object: [String: Value]

    /// Keys listed under `_use_default_values` count as absent, as in diffusers.
    init(file: String, object: [String: Value]) {
        self.file = file
        self.object = object
        if case .list(let names)? = object["_use_default_values"] {
            for case .text(let name) in names { self.object[name] = nil }
        }
    }

    mutating func integer(
        _ key: String, _ range: ClosedRange<Int>, _ assign: (Int) -> Void
    ) throws(Failure) {
        guard let value = take(key) else { return }
        guard case .number(let number) = value, let integer = Int(exactly: number), range.contains(integer)
        else {
            throw refuse(key, value, ["whole numbers from \(range.lowerBound) to \(range.upperBound)"])
        }
        assign(integer)
    }

    /// The bounds themselves are allowed only where they are infinite.
    mutating func number(
        _ key: String, above lower: Double, below upper: Double, _ assign: (Double) -> Void
    ) throws(Failure) {
        guard let value = take(key) else { return }
        guard case .number(let number) = value, number > lower || (lower.isInfinite && number == lower),
            number < upper
        else {
            throw refuse(key, value, ["numbers above \(lower) and below \(upper)"])
        }
        assign(number)
    }

    /// null counts as absent, or as false where `nullIsOff`.
    mutating func flag(
        _ key: String, nullIsOff: Bool = false, _ assign: (Bool) -> Void
    ) throws(Failure) {
        if nullIsOff, case .null? = object[key] { assign(false) }
        guard let value = take(key) else { return }
        guard case .flag(let flag) = value else { throw refuse(key, value, ["true", "false"]) }
        assign(flag)
    }

    mutating func integers(_ key: String, _ assign: ([Int]) -> Void) throws(Failure) {
        guard let value = take(key) else { return }
        let expected = ["a list of whole numbers"]
        guard case .list(let values) = value else { throw refuse(key, value, expected) }
        var integers: [Int] = []
        for element in values {
            guard case .number(let number) = element, let integer = Int(exactly: number) else {
                throw refuse(key, value, expected)
            }
            integers.append(integer)
        }
        assign(integers)
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of type: Choice.Type, _ assign: (Choice) -> Void
    ) throws(Failure) where Choice.RawValue == String {
        guard let name = try option(key, of: type.allCases.map(\.rawValue)),
            let choice = Choice(rawValue: name)
        else {
            return
        }
        assign(choice)
    }

    @discardableResult
    mutating func option(_ key: String, of names: [String]) throws(Failure) -> String? {
        guard let value = take(key) else { return nil }
        guard case .text(let name) = value, names.contains(name) else { throw refuse(key, value, names) }
        return name
    }

    /// Only absent, null or one of `values`, written as in JSON.
    mutating func mustBe(_ key: String, _ values: [String]) throws(Failure) {
        guard let value = take(key) else { return }
        guard values.contains(value.description) else { throw refuse(key, value, values) }
    }

    /// Only absent, null or false.
    mutating func mustBeOff(_ key: String) throws(Failure) {
        guard let value = take(key) else { return }
        guard case .flag(false) = value else { throw refuse(key, value, ["null", "false"]) }
    }

    mutating func ignore(_ key: String) { object[key] = nil }

    /// What is left must be private to diffusers (`_...`) or say nothing.
    func finish() throws(Failure) {
        for (key, value) in object.sorted(by: { $0.key < $1.key }) where !key.hasPrefix("_") {
            switch value {
            case .null, .flag(false): continue
            default: throw .unknownKey(file: file, key: key, value: value.description)
            }
        }
    }

    /// The value of a key that is there and not null.
    private mutating func take(_ key: String) -> Value? {
        guard let value = object.removeValue(forKey: key) else { return nil }
        if case .null = value { return nil }
        return value
    }

    private func refuse(_ key: String, _ value: Value, _ allowed: [String]) -> Failure {
        .unsupportedValue(file: file, key: key, value: value.description, allowed: allowed)
    }
}
