import ControlAPI
import Foundation
import Testing

/// The wire's words. Other programs speak them: none may change.
@Suite struct ControlCommandTests {
    static let wire: [(ControlCommand, String)] = [
        (.status, #"{"command":"status","id":1,"version":1}"#),
        (
            .jobs(JobQuery(subject: "toby", states: [.queued, .held], limit: 5)),
            #"{"arguments":{"limit":5,"states":["queued","held"],"subject":"toby"},"command":"jobs","id":1,"version":1}"#
        ),
        (.pause, #"{"command":"pause","id":1,"version":1}"#),
        (.resume, #"{"command":"resume","id":1,"version":1}"#),
        (
            .cancel(JobSelection(ids: ["ab", "cd"])),
            #"{"arguments":{"all":false,"ids":["ab","cd"]},"command":"cancel","id":1,"version":1}"#
        ),
        (
            .retry(JobSelection(subject: "toby")),
            #"{"arguments":{"all":false,"ids":[],"subject":"toby"},"command":"retry","id":1,"version":1}"#
        ),
        (
            .rerun(JobSelection(all: true), newSeed: true),
            #"{"arguments":{"newSeed":true,"selection":{"all":true,"ids":[]}},"command":"rerun","id":1,"version":1}"#
        ),
        (
            .move(id: "ab", to: .first),
            #"{"arguments":{"id":"ab","place":"first"},"command":"move","id":1,"version":1}"#
        ),
        (
            .move(id: "ab", to: .last),
            #"{"arguments":{"id":"ab","place":"last"},"command":"move","id":1,"version":1}"#
        ),
        (
            .move(id: "ab", to: .before("cd")),
            #"{"arguments":{"id":"ab","place":{"before":"cd"}},"command":"move","id":1,"version":1}"#
        ),
        (
            .prioritize(JobSelection(ids: ["ab"]), -3),
            #"{"arguments":{"priority":-3,"selection":{"all":false,"ids":["ab"]}},"command":"prioritize","id":1,"version":1}"#
        ),
        (
            .generate(
                PictureOrder(
                    subject: "toby", prompt: "a \"dog\"",
                    options: PromptOptions(picture: PictureOptions(steps: 9), seed: 4_294_967_295),
                    referenceHashes: ["00ff"], modelHash: "abc")),
            #"{"arguments":{"modelHash":"abc","options":{"picture":{"steps":9},"seed":4294967295},"prompt":"a \"dog\"","referenceHashes":["00ff"],"subject":"toby"},"command":"generate","id":1,"version":1}"#
        ),
        (.preview, #"{"command":"preview","id":1,"version":1}"#),
        (.listCache, #"{"command":"cache.list","id":1,"version":1}"#),
        (
            .clearCache(CacheSelection(subject: "toby", otherModels: true)),
            #"{"arguments":{"otherModels":true,"subject":"toby"},"command":"cache.clear","id":1,"version":1}"#
        ),
        (.verifyCache, #"{"command":"cache.verify","id":1,"version":1}"#),
        (.listModels, #"{"command":"model.list","id":1,"version":1}"#),
        (
            .importModel(folder: "/m", name: "m"),
            #"{"arguments":{"folder":"/m","name":"m"},"command":"model.import","id":1,"version":1}"#
        ),
        (.checkModel("m"), #"{"arguments":{"model":"m"},"command":"model.check","id":1,"version":1}"#),
        (
            .locate([.init(name: "a.png", hash: "00ff")]),
            #"{"arguments":{"references":[{"hash":"00ff","name":"a.png"}]},"command":"locate","id":1,"version":1}"#
        ),
        (.configuration, #"{"command":"config","id":1,"version":1}"#),
        (.reloadConfiguration, #"{"command":"config.reload","id":1,"version":1}"#),
        (
            .retention(dryRun: true),
            #"{"arguments":{"dryRun":true},"command":"retention","id":1,"version":1}"#
        ),
        (
            .logs(LogQuery(after: 7, limit: 3)),
            #"{"arguments":{"after":7,"limit":3},"command":"logs","id":1,"version":1}"#
        ),
        (.metrics, #"{"command":"metrics","id":1,"version":1}"#),
        (.doctor, #"{"command":"doctor","id":1,"version":1}"#),
    ]

    @Test(arguments: wire) func aCommandIsWrittenAndReadAsPromised(command: ControlCommand, line: String)
        throws
    {
        let written = try ControlProtocol.line(ControlRequest(command))
        #expect(String(decoding: written, as: UTF8.self) == line + "\n")
        #expect(try ControlProtocol.message(ControlRequest.self, from: written).command == command)
    }

    @Test func everyCommandIsHeldToItsWords() {
        #expect(Set(Self.wire.map { $0.0.name }) == Set(ControlCommand.Name.allCases))
    }

    @Test func whatANewerClientAddsIsPassedOver() throws {
        let line =
            #"{"arguments":{"limit":5,"states":[],"brandNew":{"a":1}},"command":"jobs","id":1,"version":1,"more":2}"#
        let request = try ControlProtocol.message(ControlRequest.self, from: Array(line.utf8))
        #expect(request.command == .jobs(JobQuery(limit: 5)))
    }

    @Test(arguments: ["jobs", "logs"]) func argumentsThatNeedNotBeThere(name: String) throws {
        let line = #"{"command":"\#(name)","id":1,"version":1}"#
        let request = try ControlProtocol.message(ControlRequest.self, from: Array(line.utf8))
        #expect(request.command == (name == "jobs" ? .jobs(JobQuery()) : .logs(LogQuery())))
    }

    @Test(arguments: [
        #"{"command":"cancel","id":1,"version":1}"#,
        #"{"command":"cancel","id":1,"version":1,"arguments":[]}"#,
        #"{"command":"move","id":1,"version":1,"arguments":{"id":"a","place":"middle"}}"#,
        #"{"command":"prioritize","id":1,"version":1,"arguments":{"selection":{"ids":[],"all":true},"priority":"x"}}"#,
        #"{"command":"generate","id":1,"version":1,"arguments":{"subject":"a"}}"#,
        #"{"command":7,"id":1,"version":1}"#,
    ]) func wrongArgumentsAreNoRequest(line: String) {
        #expect(throws: DecodingError.self) {
            try ControlProtocol.message(ControlRequest.self, from: Array(line.utf8))
        }
    }

    @Test func anUnknownCommandKeepsItsName() throws {
        let line = #"{"command":"dance","id":1,"version":1,"arguments":{"x":1}}"#
        let request = try ControlProtocol.message(ControlRequest.self, from: Array(line.utf8))
        #expect(request.name == "dance" && request.command == nil)
    }

    @Test func onlyWhatLooksChangesNothing() {
        let looking: Set<ControlCommand.Name> = [
            .status, .jobs, .preview, .listCache, .listModels, .locate, .configuration, .logs, .metrics,
            .doctor, .retention,
        ]
        for (command, _) in Self.wire {
            #expect(command.changesSomething != looking.contains(command.name), "\(command.name)")
        }
        #expect(ControlCommand.retention(dryRun: false).changesSomething)
    }
}
