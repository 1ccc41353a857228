import Glibc

extension Terminal {
    /// Whether standard output is a terminal that can be drawn on.
    static var isScreen: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } == true
    }

    /// Rows and columns of standard output's terminal.
    static var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return (24, 80)
        }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// Takes the whole terminal: another screen than the one with what was printed so far, without a cursor and
    /// without breaking long lines. It is given back at every end of the process, and for as long as it is stopped.
    static func enterScreen() {
        write(screenOn, to: STDOUT_FILENO)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            signal(number) { number in
                Terminal.leaveScreenFromSignal()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        signal(SIGTSTP) { _ in
            Terminal.leaveScreenFromSignal()
            raise(SIGSTOP)
            _ = Terminal.screenOn.withUTF8Buffer { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        }
        // Its only use is to end a pause early.
        var wake = sigaction()
        wake.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGWINCH, &wake, nil)
    }

    /// Gives the terminal back.
    static func leaveScreen() {
        leaveScreenFromSignal()
    }

    /// Puts these lines in the place of those that are shown, in one go, so that nothing flickers.
    static func draw(_ lines: [String]) {
        let rows = lines.prefix(size.rows).map { $0 + "\u{1B}[K" }
        write("\u{1B}[H" + rows.joined(separator: "\r\n") + "\u{1B}[J", to: STDOUT_FILENO)
    }

    /// Waits, less long when the terminal's size changes.
    static func pause(milliseconds: UInt32) {
        usleep(milliseconds * 1000)
    }

    /// Nothing but a system call: a signal may come at any moment.
    private static func leaveScreenFromSignal() {
        _ = screenOff.withUTF8Buffer { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    private static let screenOn: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let screenOff: StaticString = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private static func write(_ text: StaticString, to descriptor: Int32) {
        _ = text.withUTF8Buffer { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
