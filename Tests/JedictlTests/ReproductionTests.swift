import ControlAPI
import Testing

@testable import jedictl

/// From what a PNG says to an order, or to what is missing.
@Suite struct ReproductionTests {
    private static let photos = [
        PictureParameters.Reference(name: "a.jpg", hash: "00000000000000aa"),
        PictureParameters.Reference(name: "b.jpg", hash: "00000000000000bb"),
    ]

    private static var record: PictureParameters {
        PictureParameters(
            prompt: "in the snow", options: PictureOptions(steps: 20, sampler: "ddim", mode: "cached"),
            seed: 7,
            model: "toybox", modelHash: "a1b2c3d4e5", references: photos, version: "jedid 0.1.0")
    }

    private static let engine = EngineStatus(state: .ready, model: "toybox", modelHash: "a1b2c3d4e5f6a7b8")

    private static let location = LocationReport(
        candidates: [
            .init(subject: "mia", names: [["a.jpg"], ["renamed.jpg"]]),
            .init(subject: "toby", names: [["a.jpg"], ["b.jpg"]]),
            .init(subject: "zoe", names: [["a.jpg"], []]),
        ], subjects: ["mia", "toby", "to", "zoe"])

    private func plan(
        _ record: PictureParameters = record, _ location: LocationReport = location,
        engine: EngineStatus = engine,
        wanted: String? = nil, file: String = "toby-0123456789-7.png"
    ) throws(Reproduction.Problem) -> Reproduction {
        try Reproduction.plan(record, location, engine: engine, wanted: wanted, file: file)
    }

    @Test func theOrderSaysEverything() throws {
        var options = PromptOptions(picture: Self.record.options)
        options.seed = 7
        options.count = 1
        #expect(
            try plan()
                == Reproduction(
                    order: PictureOrder(
                        subject: "toby", prompt: "in the snow", options: options,
                        referenceHashes: ["00000000000000aa", "00000000000000bb"], modelHash: "a1b2c3d4e5"),
                    differences: []))
    }

    @Test func theSubjectIsFoundByItsPhotosAndTheFilesName() throws {
        #expect(try plan(file: "renamed.png").order.subject == "mia")
        #expect(try plan(file: "zoe-1-7.png").order.subject == "mia")
        #expect(try plan(wanted: "mia").order.subject == "mia")
        #expect(try plan(wanted: "mia").differences == ["the photo b.jpg is named renamed.jpg now"])
    }

    /// They are looked for with the photos, and named like them where they are missing.
    @Test func whatAPictureStartedFromIsPartOfTheOrder() throws {
        var record = Self.record
        record.references = []
        record.options.strength = 0.5
        record.start = Self.photos[0]
        record.mask = .init(name: "mask.png", hash: "00000000000000cc")
        let location = LocationReport(
            candidates: [
                .init(subject: "mia", names: [["a.jpg"], ["other.mask.png"]]),
                .init(subject: "toby", names: [["a.jpg"], []]),
            ], subjects: ["mia", "toby"])
        let planned = try plan(record, location)
        #expect(planned.order.subject == "mia")
        #expect(
            planned.order.startHash == "00000000000000aa" && planned.order.maskHash == "00000000000000cc")
        #expect(planned.order.options.picture.strength == 0.5)
        #expect(planned.differences == ["the mask mask.png is named other.mask.png now"])
        let problem = #expect(throws: Reproduction.Problem.self) {
            try plan(record, location, wanted: "toby")
        }
        #expect(
            problem?.missing == [
                "the mask mask.png (SHA-256 00000000000000cc...) is not in the subject 'toby': put it back"
            ])
    }

    @Test func aPictureWithoutPhotosGoesWhereItsNameSays() throws {
        var record = Self.record
        record.references = []
        #expect(try plan(record).order.subject == "toby")
        #expect(try plan(record, file: "x.png").order.subject == "mia")
        #expect(try plan(record, file: "x.png").order.referenceHashes == [])
        #expect(throws: Reproduction.Problem.self) {
            try plan(record, LocationReport(candidates: [], subjects: []))
        }
    }

    @Test func whatIsMissingIsNamed() {
        func missing(
            _ location: LocationReport = Self.location, _ engine: EngineStatus = Self.engine,
            wanted: String? = nil
        ) -> String {
            do {
                _ = try plan(Self.record, location, engine: engine, wanted: wanted)
                return "nothing"
            } catch { return "\(error)" }
        }
        #expect(missing(wanted: "nobody") == "there is no subject 'nobody'")
        let zoe = missing(wanted: "zoe")
        #expect(
            zoe.contains("b.jpg (SHA-256 00000000000000bb...)") && zoe.contains("'zoe'")
                && !zoe.contains("a.jpg"))
        let nowhere = missing(LocationReport(candidates: [], subjects: ["toby"]))
        #expect(nowhere.contains("a.jpg") && nowhere.contains("b.jpg") && nowhere.contains("any subject"))
        var other = Self.engine
        other.modelHash = "ffff000000"
        other.model = "sd15"
        let model = missing(Self.location, other)
        #expect(model.contains("toybox a1b2c3d4e5") && model.contains("sd15 ffff000000"))
        other = Self.engine
        other.modelHash = "a1b2c3d4e5f6a7b8-bf16"
        #expect(missing(Self.location, other).contains("--precision f32"))
        #expect(
            missing(Self.location, EngineStatus(state: .unavailable, detail: "no unet")).contains("no unet"))
    }

    @Test func thePrecisionOfBoth() throws {
        var (record, engine) = (Self.record, Self.engine)
        record.precision = "bf16"
        engine.modelHash = "a1b2c3d4e5f6a7b8-bf16"
        #expect(try plan(record, engine: engine).order.modelHash == "a1b2c3d4e5")
    }

    // MARK: Comparing

    private func png(_ pixel: UInt8, version: String) -> [UInt8] {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            [0, 0, UInt8(data.count >> 8), UInt8(data.count & 255)] + Array(type.utf8) + data + [0, 0, 0, 0]
        }
        let parameters =
            "p\nSteps: 1, Sampler: DDIM, CFG scale: 1, Seed: 1, Size: 8x8, Model hash: 0123456789, Model: m, "
            + "Reference mode: none, Version: \(version)"
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("tEXt", Array("parameters\0\(parameters)".utf8)) + chunk("IDAT", [pixel])
            + chunk("IEND", [])
    }

    private func compare(_ old: [UInt8], _ new: [UInt8], known: [String] = []) -> ReproductionReport {
        .compare(("old.png", old), ("new.png", new), known: known)
    }

    @Test func theSameBytesAreIdentical() {
        let report = compare(png(1, version: "1"), png(1, version: "1"), known: ["a photo has another name"])
        #expect(report.identical && report.sameImage && report.differences.isEmpty)
        #expect(report.text(TextStyle(colours: false, width: nil)) == "Identical, bit for bit: new.png\n")
    }

    @Test func anotherRecordIsToldFromAnotherImage() {
        let record = compare(png(1, version: "1"), png(1, version: "2"))
        #expect(!record.identical && record.sameImage)
        #expect(record.differences == ["the program was 1 and is 2"])
        let image = compare(png(1, version: "1"), png(2, version: "1"))
        #expect(!image.identical && !image.sameImage && image.differences == ["the image itself is another"])
        let broken = compare([1, 2], [3])
        #expect(!broken.sameImage && !broken.identical)
    }
}
