import ControlAPI
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// The control socket as a client meets it, well-behaved or not.
@Suite struct ControlSocketTests {
    /// A bare connection.
    private final class Wire: Sendable {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = try #require(sockaddr_un(path: path))
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        func send(_ bytes: [UInt8]) {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return }
                sent += count
            }
        }

        /// What comes until the other end closes, or the first line's end.
        func readLine() -> String {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func ask(_ daemon: DaemonHarness, _ line: String) async throws -> ControlReply {
        let path = daemon.folder("jedid.sock")
        let answer = try await onThread {
            let wire = try Wire(path)
            wire.send(Array((line + "\n").utf8))
            return wire.readLine()
        }
        return try ControlProtocol.message(ControlReply.self, from: Array(answer.utf8))
    }

    @Test func whatIsNoRequestIsRefusedInWords() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        #expect(try await ask(daemon, "hello").error?.code == "malformed")
        let nameless = try await ask(daemon, #"{"version":1,"id":7}"#)
        #expect(nameless.error == ControlFailure(.malformed, "that request names no command."))
        let wrong = try await ask(daemon, #"{"version":1,"id":7,"command":"cancel","arguments":{"ids":[7]}}"#)
        #expect(wrong.id == 7 && wrong.error?.message.contains("arguments.ids") == true)
        let unknown = try await ask(daemon, #"{"version":1,"id":7,"command":"dance"}"#)
        #expect(unknown.id == 7 && unknown.error?.code == "unknownCommand")
        let skew = try await ask(daemon, #"{"version":99,"id":8,"whatever":[]}"#)
        #expect(skew.id == 8 && skew.error?.code == "version" && skew.version == ControlProtocol.version)
        try await daemon.stop()
    }

    @Test func severalRequestsOnOneConnection() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        let path = daemon.folder("jedid.sock")
        let ids = try await onThread {
            let wire = try Wire(path)
            let line = { (id: Int) in try ControlProtocol.line(ControlRequest(.status, id: id)) }
            wire.send(try line(1) + line(2) + line(3))
            return try (1...3).map { _ in
                try ControlProtocol.message(ControlReply.self, from: Array(wire.readLine().utf8)).id
            }
        }
        #expect(ids == [1, 2, 3])
        try await daemon.stop()
    }

    @Test func aLineWithoutEndIsCutOffAndOthersAreServed() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        let path = daemon.folder("jedid.sock")
        let answer = try await onThread {
            let wire = try Wire(path)
            wire.send([UInt8](repeating: UInt8(ascii: "x"), count: ControlProtocol.maximumRequestBytes * 2))
            return wire.readLine()
        }
        #expect(answer.isEmpty)
        #expect(try await daemon.status().schema == StatusReport.schemaName)
        try await daemon.stop()
    }

    @Test func aSilentClientIsSentAway() async throws {
        let daemon = try DaemonHarness { $0.clientIdleTime = .milliseconds(100) }
        try await daemon.start()
        let path = daemon.folder("jedid.sock")
        let answer = try await onThread { try Wire(path).readLine() }
        #expect(answer.isEmpty)
        try await daemon.stop()
    }

    @Test func manyAtOnce() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        let path = daemon.folder("jedid.sock")
        let silent = try await onThread { try (0..<100).map { _ in try Wire(path) } }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await daemon.status().schema } }
            for try await schema in group { #expect(schema == StatusReport.schemaName) }
        }
        withExtendedLifetime(silent) {}
        // An open connection does not hold up the end.
        try await daemon.stop()
    }

    @Test func onlyOwnerAndGroupMayUseIt() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        var facts = stat()
        #expect(stat(daemon.folder("jedid.sock"), &facts) == 0)
        #expect(facts.st_mode & 0o777 == 0o660)
        try await daemon.stop()
    }

    @Test func whatADeadDaemonLeftIsReplaced() async throws {
        let folder = try TestFolder()
        let left = try ControlSocket.bind(folder("jedid.sock"))
        #expect(throws: ControlSocketError.inUse(folder("jedid.sock"))) {
            try ControlSocket.bind(folder("jedid.sock"))
        }
        close(left)
        let daemon = try DaemonHarness(folder: folder)
        try await daemon.start()
        #expect(try await daemon.status().schema == StatusReport.schemaName)
        try await daemon.stop()
    }

    @Test func aFileInTheSocketsPlaceIsNotTouched() throws {
        let folder = try TestFolder()
        try folder.write("jedid.sock", "mine")
        #expect(throws: ControlSocketError.notASocket(folder("jedid.sock"))) {
            try ControlSocket.bind(folder("jedid.sock"))
        }
        #expect(folder.read("jedid.sock") == "mine")
        let long = folder(String(repeating: "x", count: 120))
        #expect(throws: ControlSocketError.pathTooLong(long)) { try ControlSocket.bind(long) }
    }

    @Test func whoCallsIsKnown() async throws {
        let folder = try TestFolder()
        let seen = Mutex<ControlPeer?>(nil)
        let server = try await ControlServer(
            descriptor: try ControlSocket.bind(folder("jedid.sock")), idleTime: .seconds(60),
            logger: SilentLogger.make()
        ) { _, peer in
            seen.withLock { $0 = peer }
            return ControlReply(id: 1, error: ControlFailure(.failed, "no more than that"))
        }
        let running = Task { try await server.run() }
        let client = ControlClient(sockets: [folder("jedid.sock")], timeout: 60)
        await #expect(throws: ControlError.refused(code: "failed", message: "no more than that")) {
            try await onThread { try client.status() }
        }
        let peer = try #require(seen.withLock { $0 })
        #expect((peer.pid, peer.user, peer.group) == (getpid(), getuid(), getgid()))
        var groups = [gid_t](repeating: 0, count: 256)
        let count = Int(getgroups(Int32(groups.count), &groups))
        #expect(Set(peer.groups) == Set(groups[..<count]).subtracting([0]))
        running.cancel()
        _ = await running.result
    }

    @Test func aClientTellsItsTroublesApart() async throws {
        let folder = try TestFolder()
        let client = ControlClient(sockets: [folder("a.sock"), folder("b.sock")], timeout: 0.2)
        #expect(throws: ControlError.notRunning(searched: client.sockets)) { try client.status() }
        // Bound and silent: nobody accepts.
        let silent = try ControlSocket.bind(folder("b.sock"))
        #expect(throws: ControlError.timeout(socket: folder("b.sock"), seconds: 0.2)) { try client.status() }
        close(silent)
        // A process that another test is just starting may hold the socket for a moment longer.
        let isGone = await eventually {
            do throws(ControlError) { _ = try client.status() } catch {
                return error == .notRunning(searched: client.sockets)
            }
            return false
        }
        #expect(isGone)
    }

    @Test func aFileOfTheSocketsNameSurvivesTheRefusal() async throws {
        let daemon = try DaemonHarness()
        try daemon.folder.write("jedid.sock", "mine")
        await #expect(throws: DaemonError.self) { try await daemon.start() }
        #expect(daemon.folder.read("jedid.sock") == "mine")
    }
}
