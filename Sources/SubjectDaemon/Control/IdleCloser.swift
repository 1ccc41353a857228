import NIOCore
import Synchronization

/// Ends a connection on which nothing moves, unless it is the daemon that has to move.
final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let patience: Patience

    init(_ patience: Patience) {
        self.patience = patience
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if !patience.isNeeded { context.close(promise: nil) }
    }
}

/// Knows whether an answer is being made.
final class Patience: Sendable {
    private let answering = Atomic(false)

    /// Whether an answer is being made.
    var isNeeded: Bool { answering.load(ordering: .relaxed) }

    /// Makes an answer.
    func during<Answer>(_ work: () async -> Answer) async -> Answer {
        answering.store(true, ordering: .relaxed)
        defer { answering.store(false, ordering: .relaxed) }
        return await work()
    }
}
