import CLinux
import ControlAPI
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves the control socket. A client that is slow, silent or wrong harms no other.
struct ControlServer: Service {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: NIOAsyncChannel<Connection, Never>
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
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(allTimeout: idle), IdleCloser(),
                        ByteToMessageHandler(
                            LineDecoder(), maximumBufferSize: ControlProtocol.maximumRequestBytes))
                    return try Connection(wrappingChannelSynchronously: channel)
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
                        try? await client.channel.close()
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

    private func serve(_ client: Connection) async {
        do {
            try await client.executeThenClose { lines, out in
                let peer = try await Self.peer(of: client.channel)
                for try await line in lines {
                    let reply = await answer(Array(line.readableBytesView), peer)
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
        return ControlPeer(pid: credentials.pid, user: credentials.uid, group: credentials.gid)
    }
}
