import CLinux
import ControlAPI
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves the control socket. A client that is slow, silent or wrong harms no other.
struct ControlServer: Service {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// A connection and what ends it when nothing moves on it.
    private struct Client: Sendable {
        let connection: Connection
        let patience: Patience
    }

    private let channel: NIOAsyncChannel<Client, Never>
    private let answer: @Sendable ([UInt8], ControlPeer?) async -> ControlReply
    private let logger: Logger

    private static let maximumConnections = 256

    /// Takes over a bound socket. Clients can connect from now on and are answered once it runs.
    ///
    /// - Parameter answer: gives the reply to a line, knowing who sent it.
    init(
        descriptor: Int32, idleTime: Duration, logger: Logger,
        answer: @escaping @Sendable ([UInt8], ControlPeer?) async -> ControlReply
    ) async throws {
        let idle = TimeAmount.nanoseconds(idleTime.nanoseconds)
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton.next())
            .serverChannelOption(.backlog, value: 128)
            .bind(descriptor) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let patience = Patience()
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(allTimeout: idle), IdleCloser(patience),
                        ByteToMessageHandler(
                            LineDecoder(), maximumBufferSize: ControlProtocol.maximumRequestBytes))
                    return Client(
                        connection: try Connection(wrappingChannelSynchronously: channel), patience: patience)
                }
            }
        self.answer = answer
        self.logger = logger
    }

    /// Answers until the end is asked for.
    func run() async throws {
        try await channel.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                let open = OpenConnections(limit: Self.maximumConnections)
                for try await client in clients.cancelOnGracefulShutdown() {
                    guard open.enter() else {
                        try? await client.connection.channel.close()
                        continue
                    }
                    group.addTask {
                        await serve(client)
                        open.leave()
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func serve(_ client: Client) async {
        do {
            try await client.connection.executeThenClose { lines, out in
                let peer = try await Self.peer(of: client.connection.channel)
                for try await line in lines {
                    // A client that waits for its answer is not idle.
                    let reply = await client.patience.during {
                        await answer(Array(line.readableBytesView), peer)
                    }
                    try await out.write(ByteBuffer(bytes: ControlProtocol.line(reply)))
                    // What follows a line of another version cannot be understood.
                    if reply.error?.code == ControlFailure.Code.version.rawValue { return }
                }
            }
        } catch is CancellationError {
            // The daemon ends.
        } catch {
            logger.debug("a control client was sent away: \(error)")
        }
    }

    private static func peer(of channel: any Channel) async throws -> ControlPeer? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let credentials: jedi_peer = try await options.unsafeGetSocketOption(
            level: NIOBSDSocket.OptionLevel(rawValue: SOL_SOCKET),
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        // The kernel tells these of the process itself, as no look into /etc/group could. Very many it does not tell.
        let groups: jedi_peer_groups? = try? await options.unsafeGetSocketOption(
            level: NIOBSDSocket.OptionLevel(rawValue: SOL_SOCKET),
            name: NIOBSDSocket.Option(rawValue: CInt(JEDI_SO_PEERGROUPS))
        ).get()
        let others = groups.map { groups in
            withUnsafeBytes(of: groups) { $0.bindMemory(to: UInt32.self).filter { $0 != 0 } }
        }
        return ControlPeer(
            pid: credentials.pid, user: credentials.uid, group: credentials.gid, groups: others ?? [])
    }
}
