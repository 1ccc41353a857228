import Glibc

/// Where the daemon's models lie besides those that were brought in.
public struct ModelPlaces: Sendable {
    /// The folder of the model that pictures are made with.
    public var configured: String?
    /// The folder of the model that came along with the program.
    public var embedded: String?
    /// The program that checks a model when called with `check-model FOLDER --json`.
    public var program: String
    /// How long a check may take.
    public var checkTime: Duration

    /// Those named; this program checks models.
    public init(
        configured: String? = nil, embedded: String? = nil, program: String = "/proc/self/exe",
        checkTime: Duration = .seconds(600)
    ) {
        self.configured = configured.map(AbsolutePath.of)
        self.embedded = embedded.map(AbsolutePath.of)
        self.program = program
        self.checkTime = checkTime
    }
}
