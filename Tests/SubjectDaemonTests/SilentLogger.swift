import Logging

enum SilentLogger {
    static func make() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
