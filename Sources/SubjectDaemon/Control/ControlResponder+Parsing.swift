import ControlAPI

extension ControlResponder {
    /// A refusal of a line that is no request.
    struct Refusal: Error {
        let reply: ControlReply
    }

    /// The request that a line holds. The version is read first: the rest of another version means nothing.
    static func parse(_ line: [UInt8]) -> Result<ControlRequest, Refusal> {
        guard let envelope = try? ControlProtocol.message(ControlEnvelope.self, from: line) else {
            return .failure(refusal(0, .malformed, "that line is no request."))
        }
        let id = envelope.id ?? 0
        guard envelope.version == ControlProtocol.version else {
            return .failure(
                refusal(
                    id, .version,
                    "this jedid speaks version \(ControlProtocol.version) of the control protocol, "
                        + "the request version \(envelope.version)."))
        }
        do {
            return .success(try ControlProtocol.message(ControlRequest.self, from: line))
        } catch {
            return .failure(refusal(id, .malformed, words(for: error)))
        }
    }

    private static func refusal(_ id: Int, _ code: ControlFailure.Code, _ message: String) -> Refusal {
        Refusal(reply: ControlReply(id: id, error: ControlFailure(code, message)))
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            if context.codingPath.isEmpty, key.stringValue == "command" {
                return "that request names no command."
            }
            return "that request lacks \(path(context.codingPath + [key]))."
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            return "that request's \(path(context.codingPath)) is not understood."
        default:
            return "that request is not understood."
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        "'" + keys.map(\.stringValue).joined(separator: ".").prefix(100) + "'"
    }
}

extension ControlCommand {
    /// For the log: what is asked for, bounded.
    var summary: String {
        let detail: String
        switch self {
        case .cancel(let selection), .retry(let selection), .rerun(let selection, _):
            detail = selection.summary
        case .prioritize(let selection, let priority): detail = "\(selection.summary) to \(priority)"
        case .move(let id, let place): detail = "\(id.prefix(80)) to \(place)"
        case .generate(let order): detail = "\(order.subject.prefix(80)): \"\(order.prompt.prefix(200))\""
        case .clearCache(let selection):
            detail =
                (selection.subject.map { "of " + $0.prefix(80) } ?? "")
                + (selection.otherModels ? " of other models" : "")
        case .importModel(let folder, let name): detail = "\(folder.prefix(200)) as \(name.prefix(80))"
        case .checkModel(let model): detail = String(model.prefix(200))
        default: detail = ""
        }
        return detail.isEmpty ? name.rawValue : "\(name.rawValue) \(detail)"
    }
}

extension JobSelection {
    fileprivate var summary: String {
        if all { return "all" + (subject.map { " of \($0.prefix(80))" } ?? "") }
        if let subject { return "all of \(subject.prefix(80))" }
        return ids.prefix(10).map { String($0.prefix(80)) }.joined(separator: " ")
            + (ids.count > 10 ? " and \(ids.count - 10) more" : "")
    }
}
