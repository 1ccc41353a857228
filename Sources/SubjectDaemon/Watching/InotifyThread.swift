import CInotifyTools
import Foundation
import Synchronization

/// The one thread that calls libinotifytools.
///
/// The library is a single instance for the whole process, with static buffers and no locks. So there is one
/// thread, which alone calls it and never ends, and everything else sends it orders.
final class InotifyThread: Sendable {
    /// What the thread can be told to do. The closures are called on the thread and return at once.
    enum Order: Sendable {
        case watch([FolderToWatch], ChangeMailbox, @Sendable ([WatchError?]) -> Void)
        case unwatch(key: String, ChangeMailbox, @Sendable () -> Void)
        case end(ChangeMailbox, @Sendable () -> Void)
    }

    /// The process's own.
    static let shared = InotifyThread()

    private let orders = Mutex<[Order]>([])
    private let wakeup: Int32

    private init() {
        wakeup = jedi_wakeup_open()
        let thread = Thread { [self] in
            var loop = InotifyLoop(wakeup: wakeup)
            while true {
                loop.wait()
                for order in takeOrders() { loop.follow(order) }
                loop.drain()
            }
        }
        thread.name = "inotify"
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Has the thread do it soon.
    func order(_ order: Order) {
        orders.withLock { $0.append(order) }
        jedi_wakeup_raise(wakeup)
    }

    private func takeOrders() -> [Order] {
        orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }
}

/// What the thread knows. It never leaves the thread.
private struct InotifyLoop {
    /// Who is told of what happens in a watched folder. Two may watch the same one.
    private struct Listener: Hashable {
        let key: String
        let mailbox: ChangeMailbox

        static func == (one: Listener, other: Listener) -> Bool {
            one.key == other.key && one.mailbox === other.mailbox
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(key)
            hasher.combine(ObjectIdentifier(mailbox))
        }
    }

    private let wakeup: Int32
    private var inotify: Int32?
    private var listeners: [Int32: [Listener]] = [:]
    private var numbers: [Listener: Int32] = [:]

    init(wakeup: Int32) {
        self.wakeup = wakeup
    }

    /// Returns when there are orders or events.
    func wait() {
        var sources = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if let inotify { sources.append(pollfd(fd: inotify, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&sources, nfds_t(sources.count), -1)
        jedi_wakeup_clear(wakeup)
    }

    mutating func follow(_ order: InotifyThread.Order) {
        switch order {
        case .watch(let folders, let mailbox, let done):
            done(folders.map { watch($0.path, Listener(key: $0.key, mailbox: mailbox)) })
        case .unwatch(let key, let mailbox, let done):
            forget(Listener(key: key, mailbox: mailbox))
            done()
        case .end(let mailbox, let done):
            for listener in numbers.keys.filter({ $0.mailbox === mailbox }) { forget(listener) }
            done()
        }
    }

    /// What is in the way, or nothing.
    private mutating func watch(_ folder: String, _ listener: Listener) -> WatchError? {
        if inotify == nil {
            let opened = jedi_inotify_open()
            guard opened >= 0 else {
                return WatchError(SystemCallError("inotify_init", folder, -opened))
            }
            inotify = opened
        }
        forget(listener)
        let number = jedi_inotify_watch(folder)
        guard number > 0 else {
            return WatchError(SystemCallError("inotify_add_watch", folder, -number))
        }
        listeners[number, default: []].append(listener)
        numbers[listener] = number
        return nil
    }

    /// Takes the listener away, and its watch if nobody else listens to it.
    private mutating func forget(_ listener: Listener) {
        guard let number = numbers.removeValue(forKey: listener) else { return }
        let staying = (listeners[number] ?? []).filter { $0 != listener }
        listeners[number] = staying.isEmpty ? nil : staying
        if staying.isEmpty { _ = jedi_inotify_unwatch(number) }
    }

    /// Passes on every event that is there.
    mutating func drain() {
        guard inotify != nil else { return }
        var event = jedi_inotify_event()
        while jedi_inotify_next(&event) == 1 { pass(event) }
    }

    private mutating func pass(_ event: jedi_inotify_event) {
        func has(_ bits: UInt32) -> Bool { event.mask & bits != 0 }

        if has(JEDI_INOTIFY_OVERFLOW) {
            var told: Set<ObjectIdentifier> = []
            for listener in listeners.values.joined()
            where told.insert(ObjectIdentifier(listener.mailbox)).inserted {
                listener.mailbox.postOverflow()
            }
            return
        }
        guard let those = listeners[event.wd] else { return }
        if has(JEDI_INOTIFY_SELF_GONE | JEDI_INOTIFY_IGNORED) {
            // A renamed folder is still watched, under a name that is no longer its own. A deleted one is not.
            if has(JEDI_INOTIFY_SELF_MOVED) { _ = jedi_inotify_unwatch(event.wd) }
            listeners[event.wd] = nil
            for listener in those {
                numbers[listener] = nil
                listener.mailbox.postGone(listener.key)
            }
            return
        }
        guard let name = name(of: event), !name.isEmpty else { return }
        for listener in those {
            let key = FolderKey(rawValue: listener.key)
            guard FileRules.matters(name, isFolder: has(JEDI_INOTIFY_IS_FOLDER), key: key) else { continue }
            listener.mailbox.post(listener.key, file: name, movedIn: has(JEDI_INOTIFY_MOVED_IN))
        }
    }

    /// Nil where the name is not UTF-8: the scan reports such files.
    private func name(of event: jedi_inotify_event) -> String? {
        withUnsafeBytes(of: event.name) { String(validating: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
