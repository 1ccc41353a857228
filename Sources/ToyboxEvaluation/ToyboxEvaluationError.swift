/// Why an evaluation cannot be made; each case names the thing and the fix.
public enum ToyboxEvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    case noJudge(file: String)
    case foreignJudge(file: String, reason: String)
    case setting(name: String, value: String, allowed: String)
    case modelSize(model: String, width: Int, height: Int)
    case unwritable(file: String, reason: String)
    case notFinite(step: Int)

    public var description: String {
        switch self {
        case .noJudge(let file):
            "\(file) is not there. Name the judge's weights with --judge FILE, or train one: jeditrain judge --out \(file)"
        case .foreignJudge(let file, let reason):
            "\(file) is no judge that can be used: \(reason). Train another: jeditrain judge --out FILE"
        case .setting(let name, let value, let allowed): "\(name) is \(value); it must be \(allowed)."
        case .modelSize(let model, let width, let height):
            "\(model) makes pictures of \(width) x \(height); toys are drawn on squares. Use a model whose sample_size is "
                + "one number."
        case .unwritable(let file, let reason):
            "\(file) cannot be written: \(reason). Give a name in a folder that is there."
        case .notFinite(let step):
            "The judge's loss was not finite at step \(step). Lower the rate, or take another seed."
        }
    }
}
