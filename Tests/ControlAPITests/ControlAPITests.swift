import Foundation
import Testing

@testable import ControlAPI

@Suite struct SocketLocationTests {
    @Test(
        arguments: [
            (
                ["RUNTIME_DIRECTORY": "/run/jedid:/run/other", "XDG_RUNTIME_DIR": "/run/user/1"],
                "/run/jedid/jedid.sock"
            ),
            (["XDG_RUNTIME_DIR": "/run/user/1"], "/run/user/1/jedid.sock"), ([:], "/state/jedid.sock"),
            (["RUNTIME_DIRECTORY": "relative"], "/state/jedid.sock"),
        ] as [([String: String], String)]) func daemon(environment: [String: String], socket: String)
    {
        #expect(SocketLocation.forDaemon(stateFolder: "/state", environment: environment) == socket)
    }

    @Test func clientLooksWhereItIsToldAndElseWhereADaemonMayBe() {
        let environment = ["JEDID_SOCKET": "/told", "XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/home/ada"]
        #expect(SocketLocation.forClient("/explicit", environment: environment) == ["/explicit"])
        #expect(SocketLocation.forClient(nil, environment: environment) == ["/told"])
        #expect(
            SocketLocation.forClient(
                nil, environment: ["XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/home/ada"])
                == [
                    "/run/user/1/jedid.sock", "/home/ada/.local/state/jedi/jedid.sock",
                    "/run/jedid/jedid.sock",
                ])
    }

    @Test(
        arguments: [
            (["STATE_DIRECTORY": "/var/lib/jedi", "HOME": "/root"], "/var/lib/jedi"),
            (["XDG_STATE_HOME": "/s", "HOME": "/root"], "/s/jedi"),
            (["HOME": "/root"], "/root/.local/state/jedi"), ([:], nil),
        ] as [([String: String], String?)]) func state(environment: [String: String], folder: String?)
    {
        #expect(SocketLocation.stateFolder(environment) == folder)
    }
}

@Suite struct ControlMessageTests {
    @Test func aRequestIsOneLine() throws {
        let line = try ControlProtocol.line(ControlRequest(.status, id: 3))
        #expect(String(decoding: line, as: UTF8.self) == #"{"command":"status","id":3,"version":1}"# + "\n")
    }

    @Test func aReplyComesBackAsItWent() throws {
        let reply = ControlReply(id: 4, error: ControlFailure(.failed, "a\nb"))
        let line = try ControlProtocol.line(reply)
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(try ControlProtocol.message(ControlReply.self, from: line) == reply)
    }

    @Test func whatANewerPeerAddsIsPassedOver() throws {
        let line = Array(
            #"{"version":1,"id":1,"daemonVersion":"9","news":{"x":[1]},"error":{"code":"brandNew","message":"m"}}"#
                .utf8)
        #expect(try ControlProtocol.message(ControlReply.self, from: line).error?.code == "brandNew")
    }

    @Test(
        arguments: [
            (ControlError.notRunning(searched: ["/a"]), ["not running", "/a", "jedid run"]),
            (.noPermission(socket: "/a"), ["permission", "usermod -aG jedi"]),
            (.versionSkew(daemon: 2, daemonVersion: "2.0", client: 1), ["2.0", "update jedictl"]),
            (.versionSkew(daemon: 1, daemonVersion: nil, client: 2), ["restart jedid"]),
            (.timeout(socket: "/a", seconds: 5), ["within 5 s", "journalctl"]),
        ] as [(ControlError, [String])]) func errorsNameTheirFix(error: ControlError, parts: [String])
    {
        for part in parts { #expect(error.description.contains(part)) }
    }

    /// Answers one connection with these bytes.
    private func answering(_ bytes: String, _ body: (ControlClient) throws -> Void) throws {
        let path = "/tmp/jedi-test-\(UInt32.random(in: 0...UInt32.max)).sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = try #require(sockaddr_un(path: path))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 1) == 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        Thread.detachNewThread {
            let client = accept(descriptor, nil, nil)
            var request = [UInt8](repeating: 0, count: 1024)
            _ = read(client, &request, request.count)
            let answer = Array(bytes.utf8)
            _ = write(client, answer, answer.count)
            close(client)
        }
        try body(ControlClient(sockets: [path], timeout: 60))
    }

    @Test func anotherVersionIsNamed() throws {
        try answering(#"{"version":7,"daemonVersion":"7.1","unknown":true}"# + "\n") { client in
            #expect(throws: ControlError.versionSkew(daemon: 7, daemonVersion: "7.1", client: 1)) {
                try client.status()
            }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "", "{\"version\":1",
        "{\"version\":1,\"id\":1,\"daemonVersion\":\"1\"}\n",
    ])
    func whatIsNoAnswerIsSaid(bytes: String) throws {
        try answering(bytes) { client in
            let error = #expect(throws: ControlError.self) { try client.status() }
            guard case .malformed? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func aRefusalIsThrown() throws {
        let line = String(
            decoding: try ControlProtocol.line(ControlReply(id: 1, error: .init(.failed, "no"))),
            as: UTF8.self)
        try answering(line) { client in
            #expect(throws: ControlError.refused(code: "failed", message: "no")) { try client.status() }
        }
    }
}
