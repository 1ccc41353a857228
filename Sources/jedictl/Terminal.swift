import Glibc

/// The two streams of this process and what they can show.
enum Terminal {
    /// Colours and a width where standard output is a terminal that shows them, plain otherwise.
    static var style: TextStyle {
        guard isatty(STDOUT_FILENO) == 1 else { return TextStyle(colours: false, width: nil) }
        let quiet = getenv("NO_COLOR") != nil || getenv("TERM").map { String(cString: $0) == "dumb" } == true
        return TextStyle(colours: !quiet, width: size.columns)
    }

    /// Writes to standard output. A reader that went away early is no error.
    static func print(_ text: String) {
        signal(SIGPIPE, SIG_DFL)
        write(text, to: STDOUT_FILENO)
    }

    /// Writes bytes to standard output.
    static func print(bytes: [UInt8]) {
        signal(SIGPIPE, SIG_DFL)
        write(bytes[...], to: STDOUT_FILENO)
    }

    /// A line on standard error that the next one overwrites; nothing where nobody looks.
    static func showProgress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[K" + TextStyle.safe(text), to: STDERR_FILENO)
    }

    /// Takes that line away.
    static func endProgress() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    /// A line on standard error that is for people only.
    static func hint(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        complain(text)
    }

    /// Writes a line to standard error.
    static func complain(_ text: String) {
        write(TextStyle.safe(text) + "\n", to: STDERR_FILENO)
    }

    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
