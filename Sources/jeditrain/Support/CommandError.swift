/// A command that cannot be carried out, in words that name the thing and the fix.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
