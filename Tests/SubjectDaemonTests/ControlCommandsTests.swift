import ControlAPI
import DaemonTestSupport
import Foundation
import Images
import JointDiffusion
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import SubjectDaemon

/// What `jedictl` can ask and order, over the real socket.
@Suite struct ControlCommandsTests {
    private func daemon(_ queue: FakeQueue? = FakeQueue()) async throws -> DaemonHarness {
        let daemon = try DaemonHarness()
        try await daemon.start { $0.queue = queue }
        return daemon
    }

    @Test func ordersReachTheQueue() async throws {
        let queue = FakeQueue()
        let daemon = try await daemon(queue)
        let client = daemon.client
        let (ids, preview) = try await onThread {
            var jobs: [JobsReport] = []
            jobs.append(try client.jobs(JobQuery(limit: 1_000_000)))
            #expect(try client.setPaused(true).paused)
            #expect(try !client.setPaused(false).paused)
            jobs.append(try client.cancel(JobSelection(ids: ["a"])))
            jobs.append(try client.retry(JobSelection(ids: ["b"])))
            jobs.append(try client.rerun(JobSelection(ids: ["c"]), newSeed: true))
            jobs.append(try client.move("d", to: .before("e")))
            jobs.append(try client.prioritize(JobSelection(ids: ["f"]), 1000))
            jobs.append(try client.generate(PictureOrder(subject: "toby", prompt: "asleep")))
            #expect(try client.retention(dryRun: true).pictures == ["/a.png"])
            #expect(try client.metrics().text == "jedi_up 1\n")
            queue.show(PicturePreview(progress: StepProgress(step: 2, total: 4), png: [1, 2, 255]))
            return (jobs.map { $0.jobs.map(\.id) }, try client.preview())
        }
        #expect(ids.allSatisfy { $0 == [FakeQueue.job.id] })
        #expect((preview.step, preview.steps) == (2, 4) && preview.png == Data([1, 2, 255]))
        #expect(
            queue.orders == [
                "jobs 10000", "pause", "resume", #"cancel ["a"]"#, #"retry ["b"]"#, #"rerun ["c"] true"#,
                #"move d before("e")"#, #"prioritize ["f"] 100"#, "order asleep", "retention true",
            ])
        try await daemon.stop()
    }

    @Test func refusalsComeBackInWords() async throws {
        let daemon = try await daemon()
        let client = daemon.client
        try await onThread {
            #expect(throws: ControlError.refused(code: "refused", message: "there is no job 'unknown'")) {
                try client.cancel(JobSelection(ids: ["unknown"]))
            }
            let error = #expect(throws: ControlError.self) { try client.preview() }
            #expect(error?.description.contains("no picture is under way") == true)
        }
        try await daemon.stop()
    }

    static let wrongOrders: [(PictureOrder, String)] = [
        (PictureOrder(subject: "../x", prompt: "p"), "'../x' is no subject"),
        (PictureOrder(subject: "", prompt: "p"), "no subject"),
        (PictureOrder(subject: "a", prompt: " \n"), "the prompt is empty"),
        (PictureOrder(subject: "a", prompt: String(repeating: "x", count: 20_000)), "16 KiB"),
        (wrong { $0.picture.steps = 0 }, "steps is 0; it must be a whole number from 1 to 1000"),
        (wrong { $0.count = 101 }, "count is 101"), (wrong { $0.priority = 1001 }, "priority is 1001"),
        (wrong { $0.picture.width = 63 }, "width is 63; it must be a multiple of 8"),
        (wrong { $0.picture.height = 8192 }, "height is 8192"),
        (wrong { $0.picture.guidance = -1 }, "guidance is -1.0"),
        (wrong { $0.picture.eta = 1.1 }, "eta is 1.1; it must be a number from 0 to 1, as 0.5."),
        (wrong { $0.picture.clipSkip = 65 }, "from 1 to 64"),
        (wrong { $0.picture.deepEvery = 0 }, "from 1 to 100"),
        (wrong { $0.picture.guidanceInterval = 1...1001 }, "from 0 to 1000"),
        (wrong { $0.picture.referenceTokens = .nan }, "from 0.01 to 1"),
        (wrong { $0.picture.sampler = "magic" }, "dpmpp_2m_karras"),
        (wrong { $0.picture.mode = "magic" }, "matched"),
        (wrong { $0.picture.sampler = "DPM++ 2M" }, "it must be dpmpp_2m."),
        (wrong { $0.picture.strength = 0.5 }, "strength needs init"),
        (wrong { ($0.start, $0.picture.strength) = ("a.jpg", 0) }, "above 0 and up to 1"),
        (wrong { $0.mask = "mask.png" }, "mask needs init"),
        (wrong { ($0.start, $0.mask) = ("a.jpg", "b.png") }, "ends in .mask.png"),
        (wrong { ($0.start, $0.mask) = ("none", "mask.png") }, "mask needs init"),
        (wrong { ($0.start, $0.picture.strength) = ("None", 0.5) }, "strength needs init"),
        (wrong(maskHash: "cc"), "those of the photo to start from are not: give both."),
        (wrong(maskHash: "cc") { $0.start = "a.jpg" }, "those of the photo to start from are not"),
        (wrong(startHash: "aa") { $0.mask = "mask.png" }, "the mask's are not: give both."),
    ]

    private static func wrong(
        startHash: String? = nil, maskHash: String? = nil, _ change: (inout PromptOptions) -> Void = { _ in }
    ) -> PictureOrder {
        var order = PictureOrder(subject: "a", prompt: "p", startHash: startHash, maskHash: maskHash)
        change(&order.options)
        return order
    }

    @Test(arguments: wrongOrders) func aWrongOrderIsRefusedWithWhatIsAllowed(
        order: PictureOrder, words: String
    ) {
        #expect(OrderRules.problem(with: order)?.contains(words) == true)
    }

    @Test func aGoodOrderIsNot() {
        let options = PromptOptions(
            picture: PictureOptions(
                negativePrompt: "n", steps: 1000, sampler: "unipc", guidance: 0, imageGuidance: 100,
                width: 64,
                height: 4096, mode: "joint", referenceTokens: 1, weights: true, clipSkip: 12, eta: 1,
                deepEvery: 3, guidanceInterval: 0...1000, strength: 1),
            count: 100, seed: 0, start: "2024/a.jpg", mask: "2024/A.Mask.png", priority: -1000)
        #expect(
            OrderRules.problem(with: PictureOrder(subject: "a b.c", prompt: "p", options: options)) == nil)
        let none = PromptOptions(start: "none", mask: "NONE")
        for hashes in [(nil, nil), ("aa", nil), ("aa", "cc")] as [(String?, String?)] {
            let order = PictureOrder(
                subject: "a", prompt: "p", options: none, startHash: hashes.0, maskHash: hashes.1)
            #expect(OrderRules.problem(with: order) == nil)
        }
    }

    @Test func theDaemonsOwnQueueAnswers() async throws {
        let daemon = try await daemon(nil)
        let client = daemon.client
        let report = try await onThread { try client.jobs(JobQuery()) }
        #expect(report.jobs.isEmpty)
        try await daemon.stop()
    }

    // MARK: Rights

    static let peers: [(ControlPeer?, Bool)] = [
        (ControlPeer(pid: 1, user: 0, group: 0), true), (ControlPeer(pid: 1, user: 990, group: 5), true),
        (ControlPeer(pid: 1, user: 7, group: 44), true),
        (ControlPeer(pid: 1, user: 7, group: 7, groups: [9, 44]), true),
        (ControlPeer(pid: 1, user: 7, group: 7, groups: [9]), false), (nil, false),
    ]

    @Test(arguments: peers) func whoMayChangeSomething(peer: ControlPeer?, may: Bool) {
        let refusal = ControlRights(user: 990, group: 44).refusal(of: peer)
        #expect((refusal == nil) == may)
        #expect(refusal.map { $0.code == "notPermitted" } != false)
    }

    @Test func withoutAGroupOnlyTheOwnerAndRoot() {
        let rights = ControlRights(user: 990, group: nil)
        #expect(rights.refusal(of: ControlPeer(pid: 1, user: 7, group: 44)) != nil)
        #expect(rights.refusal(of: ControlPeer(pid: 1, user: 990, group: 44)) == nil)
    }

    // MARK: The cache and the photos

    @Test func theCacheIsListedVerifiedAndCleared() async throws {
        let daemon = try await daemon()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.addSubject("mia", photos: [2])
        try daemon.prompt("toby", "asleep")
        try daemon.prompt("mia", "awake")
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await daemon.hasPictures(1, "mia"))
        let client = daemon.client
        let report = try await onThread { try client.cache() }
        #expect(
            report.presentModelHash == "abc123"
                && report.totalBytes == report.entries.reduce(0) { $0 + $1.bytes })
        #expect(Set(report.entries.map(\.subjects)) == [["toby"], ["mia", "toby"]])
        #expect(report.entries.allSatisfy { $0.modelHash == "abc123" && $0.width == 16 && $0.bytes > 0 })

        let name = daemon.folder.names("state/ReferenceCache")[0]
        var bytes = try daemon.folder.bytes("state/ReferenceCache/\(name)")
        bytes[bytes.count - 40] ^= 1
        try daemon.folder.write("state/ReferenceCache/\(name)", bytes)
        let verified = try await onThread { try client.verifyCache() }
        #expect(verified.damaged == [name] && verified.entries.count == 1 && verified.removed == 1)
        #expect(try await onThread { try client.verifyCache().damaged.isEmpty })

        let others = try await onThread { try client.clearCache(CacheSelection(otherModels: true)) }
        #expect(others.removed == 0 && others.entries.count == 1)
        await #expect(throws: ControlError.self) {
            try await onThread { try client.clearCache(CacheSelection(subject: "nobody")) }
        }
        let cleared = try await onThread { try client.clearCache(CacheSelection(subject: "toby")) }
        #expect(cleared.removed == 1 && cleared.entries.isEmpty)
        #expect(daemon.folder.names("state/ReferenceCache").isEmpty)
        // It goes on without them.
        try daemon.prompt("toby", "asleep\nawake")
        #expect(await daemon.hasPictures(2, "toby"))
        try await daemon.stop()
    }

    @Test func photosAreFoundByTheirContents() async throws {
        let daemon = try await daemon()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.addSubject("mia", photos: [2])
        try daemon.prompt("toby", "asleep")
        try daemon.prompt("mia", "awake")
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await daemon.hasPictures(1, "mia"))
        let hashes = try [1, 2, 3].map { String(FakeEngine.hash(try TestPhoto.png($0)).prefix(16)) }
        let client = daemon.client
        let location = try await onThread {
            try client.locate(hashes.map { .init(name: "x.png", hash: $0.uppercased()) })
        }
        #expect(
            location.candidates == [
                .init(subject: "toby", names: [["photo1.png"], ["photo2.png"], []]),
                .init(subject: "mia", names: [[], ["photo2.png"], []]),
            ])
        #expect(location.subjects == ["mia", "toby"])
        try await daemon.stop()
    }

    /// What the engine writes is what the client reads.
    @Test(arguments: SamplerKind.allCases, ["plain", "with \"quotes\", and: more", "größer 猫"])
    func aPicturesRecordIsReadAsItWasWritten(sampler: SamplerKind, words: String) throws {
        let request = try JSONDecoder().decode(
            GenerationRequest.self,
            from: JSONEncoder().encode(
                Wanted(prompt: "a photo, " + words, negativePrompt: words, sampler: sampler.rawValue)))
        var record = GenerationRecord(
            request: request, seed: 77, modelName: words, modelHash: String(repeating: "0a", count: 32),
            references: [.init(name: words + ".png", hash: String(repeating: "1b", count: 32))],
            precision: .bfloat16, version: "jedid 1")
        record.start = .init(name: words + ", 1.png", hash: String(repeating: "2c", count: 32))
        record.mask = .init(name: words + ".mask.png", hash: String(repeating: "3d", count: 32))
        let png = try PNGEncoder.encode(
            RGBImage(width: 1, height: 1, pixels: [1, 2, 3]),
            text: [PNGText(keyword: "parameters", text: record.parameters)])
        let read = try PictureParameters(parameters: try #require(PNGChunks(png)?.texts["parameters"]))
        #expect(
            read
                == PictureParameters(
                    prompt: request.prompt,
                    options: PictureOptions(
                        negativePrompt: words, steps: 7, sampler: sampler.rawValue, guidance: 2.25,
                        imageGuidance: 1, width: 64, height: 128, mode: "cached", strength: 0.6), seed: 77,
                    model: words,
                    modelHash: "0a0a0a0a0a",
                    references: [.init(name: words + ".png", hash: "1b1b1b1b1b1b1b1b")],
                    start: .init(name: words + ", 1.png", hash: "2c2c2c2c2c2c2c2c"),
                    mask: .init(name: words + ".mask.png", hash: "3d3d3d3d3d3d3d3d"), precision: "bf16",
                    version: "jedid 1"))
    }

    private struct Wanted: Encodable {
        var prompt: String
        var negativePrompt: String
        var mode = "cached"
        var sampler: String
        var steps = 7
        var guidance = 2.25
        var imageGuidance = 1.0
        var strength = 0.6
        var width = 64
        var height = 128
        var seeds = [77]
    }

    // MARK: The doctor

    @Test func theDaemonTellsWhatOnlyItSees() async throws {
        let daemon = try await daemon()
        try daemon.addSubject("toby", photos: [1])
        #expect(try await eventually { try await daemon.subject("toby") != nil })
        let client = daemon.client
        let facts = try await onThread { try client.facts() }
        #expect(facts.root.path == daemon.folder("root") && facts.root.readable && facts.root.writable)
        #expect(facts.stateFolder.writable && (facts.root.freeBytes ?? 0) > 0)
        #expect(facts.folders == 1 && facts.polledFolders == 0 && facts.unwritable.isEmpty)
        #expect(facts.machine.maximumWatches != nil && facts.machine.memoryTotal != nil)
        #expect(facts.user == UserName.of(geteuid()))
        try await daemon.stop()
    }

    // MARK: Patience

    /// The time is up for both; only one of them waits for the daemon.
    @Test func whoWaitsForAnAnswerIsNotSentAway() async throws {
        let patience = Patience()
        let waiting = EmbeddedChannel(handler: IdleCloser(patience))
        let silent = EmbeddedChannel(handler: IdleCloser(Patience()))
        for channel in [waiting, silent] {
            try await channel.connect(to: .init(unixDomainSocketPath: "/x")).get()
        }
        await patience.during {
            for channel in [waiting, silent] {
                channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.all)
            }
        }
        #expect(waiting.isActive && !silent.isActive)
        waiting.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.all)
        #expect(!waiting.isActive)
    }
}
