import ArgumentParser
import Foundation
import Images
import SyntheticSubjects
import Synchronization

/// `jeditrain toybox`: subjects drawn by a formula, as folders that `jedid` takes.
struct ToyboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toybox", abstract: "Draw toys in many scenes: photos, masks and captions.",
        discussion: """
            Every subject gets a folder in OUT, as cat-red-00012, with photo01.png ... and a subject.yaml: the folders \
            may be put into a root of jedid as they are. Masks, captions and facts are in a hidden .toybox in each. \
            The same seed makes the same pixels on every machine. Folders that are there and complete are kept, so a run \
            that was interrupted goes on; nothing that is there is ever changed. Subjects whose number leaves 7 when \
            divided by 8 are for evaluation ("held_out" in .toybox/set.json).
            """)

    @Option(help: ArgumentHelp("How many subjects.", valueName: "n")) var subjects = 8
    @Option(help: ArgumentHelp("Pictures of each subject.", valueName: "k")) var images = 4
    @Option(help: ArgumentHelp("Seed of everything.", valueName: "s")) var seed: UInt64 = 0
    @Option(help: ArgumentHelp("Number of the first subject.", valueName: "i")) var first = 0
    @Option(help: ArgumentHelp("Side of a picture in pixels.", valueName: "pixels")) var size = 256
    @Option(
        name: .customLong("kind"), parsing: .upToNextOption,
        help: "Only subjects of these kinds, in turns.")
    var kinds: [ToyboxKind] = []
    @Flag(help: "Whole toys, near, from the front and a little from the side, rather than from anywhere.")
    var portraits = false
    @Option(help: ArgumentHelp("Threads; as many as processors by default.", valueName: "n")) var threads:
        Int?
    @Option(
        help: ArgumentHelp("The folder for the subjects' folders.", valueName: "dir"), completion: .directory)
    var out: String?
    @Option(
        help: ArgumentHelp(
            "Write a picture of the first pictures of the first subjects, a row each.", valueName: "file.png"),
        completion: .file(extensions: ["png"]))
    var contactSheet: String?
    @Flag(help: "Draw all pictures, write none, and tell how long it took and their checksum.")
    var benchmark = false

    func validate() throws {
        for (name, value, range) in [
            ("--subjects", subjects, 1...10_000_000), ("--images", images, 1...1000),
            ("--first", first, 0...1_000_000_000),
            ("--size", size, 16...2048), ("--threads", threads ?? 1, 1...1024),
        ] {
            guard range.contains(value) else {
                throw ValidationError(
                    "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
            }
        }
        guard out != nil || contactSheet != nil || benchmark else {
            throw ValidationError("Say where to: --out DIR, or --contact-sheet FILE.png, or --benchmark.")
        }
        guard !benchmark || out == nil else {
            throw ValidationError("--benchmark writes nothing. Leave out --out, or --benchmark.")
        }
        if let out, out.isEmpty { throw ValidationError("--out is empty; it must be the name of a folder.") }
    }

    func run() throws {
        let order = ToyboxOrder(
            seed: seed, subjects: subjects, first: first, images: images, size: size, kinds: kinds,
            view: portraits ? .portrait : .any)
        if let contactSheet { try SheetFile.check(contactSheet) }
        if let out { try write(order, to: out) }
        if let contactSheet { try SheetFile.write(order, to: contactSheet, threads: workers) }
        if benchmark { try measure(order) }
    }

    private var workers: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

    private func write(_ order: ToyboxOrder, to folder: String) throws {
        let writer = ToyboxSetWriter(order: order, folder: folder)
        let (lock, complete) = try writer.prepare()
        let progress = ProgressLine(total: subjects, of: "subject")
        defer { progress.finish() }
        try withExtendedLifetime(lock) {
            try ParallelWork.run(order.numbers, threads: workers) { subject in
                _ = try writer.write(subject: subject)
                progress.advance()
            }
        }
        progress.finish()
        print(
            "\(folder): subjects made: \(subjects - complete), already there: \(complete), pictures of each: \(images)"
        )
    }

    /// Counts the processor's time too: the clock's depends on who else is there.
    private func measure(_ order: ToyboxOrder) throws {
        let (start, before) = (ContinuousClock.now, clock())
        let progress = ProgressLine(total: subjects, of: "subject")
        let checksum = Mutex<UInt64>(0)
        try ParallelWork.run(order.numbers, threads: workers) { subject in
            for image in 0..<order.images {
                let sum = order.sample(subject: subject, image: image).checksum
                checksum.withLock { $0 &+= sum }
            }
            progress.advance()
        }
        progress.finish()
        let pictures = Double(subjects * images)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let processor = Double(clock() - before) / Double(CLOCKS_PER_SEC)
        print(
            "\(subjects * images) pictures of \(size) x \(size) on \(workers) threads: "
                + "\(Self.rounded(pictures / seconds)) a second; "
                + "\(Self.rounded(1000 * processor / pictures)) ms of a processor each; "
                + "checksum \(String(checksum.withLock { $0 }, radix: 16))")
    }

    private static func rounded(_ value: Double) -> String { String(format: "%.1f", value) }
}

extension ToyboxKind: ExpressibleByArgument {}
