import Foundation
import Images
import JointDiffusion
import SyntheticSubjects

/// Sets of one subject each, drawn by a text-to-image model: the paper's way to its training data.
///
/// `FOLDER/<subject>/` is a set that was kept, in the layout that the trainer and `jedid` read. The hidden
/// `FOLDER/.collage` holds the sets that were dropped (`dropped/`), those under way (`work/`), a line for each set
/// (`sets.jsonl`) and a contact sheet (`sheet.png`). A set appears whole or not at all, and none that is there is changed.
public final class CollageRun {
    public let order: CollageOrder
    public let folder: String
    private let numbers: Range<Int>
    private let prompts: any CollagePrompts
    private let pipeline: Pipeline
    private let embedding: any ImageEmbedding
    private let modelHash: String
    private let context: String
    private let lock: FolderLock
    /// Seconds between two kept states of a walk.
    public var keepEvery = 60.0

    /// What came of a run.
    public struct Summary: Sendable, Equatable {
        public var kept = 0
        public var dropped = 0
        /// Sets that were there already, among both.
        public var found = 0
        /// Pictures of the sets that were kept.
        public var pictures = 0
    }

    /// Takes the folder for this process, and looks at every set that is there, so that a conflict is told before anything
    /// is drawn.
    ///
    /// - Parameters:
    ///   - numbers: of the sets.
    ///   - context: what decides the bits of a picture besides model and order, as in the program's version.
    /// - Throws: `CollageError`, `GenerationError` for an order that the model cannot meet.
    public init(
        order: CollageOrder, numbers: Range<Int>, prompts: any CollagePrompts, model: DiffusionModel,
        embedding: any ImageEmbedding, folder: String, context: String
    ) throws {
        (self.order, self.numbers, self.prompts, self.folder) = (order, numbers, prompts, folder)
        (self.embedding, self.context) = (embedding, context)
        pipeline = Pipeline(model)
        var request = GenerationRequest(prompt: "", model: model)
        (request.width, request.height) = (order.width, order.height)
        (request.steps, request.sampler) = (order.steps, order.sampler)
        try pipeline.validate(request)
        var status = stat()
        if stat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            throw CollageError.notAFolder(path: folder)
        }
        for name in ["dropped", "work"] { try DurableFile.makeFolder("\(folder)/.collage/\(name)") }
        let lockFile = "\(folder)/.collage/lock"
        do { lock = try FolderLock(file: lockFile) } catch {
            switch error {
            case .busy: throw CollageError.busy(folder: folder)
            case .system(let reason): throw CollageError.unwritable(path: lockFile, reason: reason)
            }
        }
        modelHash = try ModelHash.compute(model.source)
        for number in numbers { _ = try record(of: plan(number)) }
    }

    private func plan(_ number: Int) -> CollagePlan {
        CollagePlan(
            number: number, order: order, prompts: prompts, modelHash: modelHash, embedding: embedding.name)
    }

    private func places(_ plan: CollagePlan) -> (kept: String, dropped: String, work: String) {
        let name = plan.folderName
        return ("\(folder)/\(name)", "\(folder)/.collage/dropped/\(name)", "\(folder)/.collage/work/\(name)")
    }

    /// Of a set that is there, complete; throws where something else is in its place.
    private func record(of plan: CollagePlan) throws(CollageError) -> CollageSetRecord? {
        let places = places(plan)
        for place in [places.kept, places.dropped] {
            var status = stat()
            guard lstat(place, &status) == 0 else { continue }
            if let names = try? FileManager.default.contentsOfDirectory(atPath: place), names.isEmpty {
                continue
            }
            guard let record = Self.record(in: place) else { throw .foreign(folder: place) }
            guard record.plan == plan else {
                throw .otherParameters(folder: place, names: plan.differences(from: record.plan))
            }
            return record
        }
        return nil
    }

    private static func record(in place: String) -> CollageSetRecord? {
        FileManager.default.contents(atPath: "\(place)/.collage/set.json").flatMap {
            try? JSONDecoder().decode(CollageSetRecord.self, from: $0)
        }
    }

    /// Captions of which the model does not read the end, since they are longer than its text encoder takes.
    public var longCaptions: [String] {
        let tokenizer = pipeline.model.tokenizer
        return numbers.flatMap { number in
            let plan = plan(number)
            return ([plan.collage].compactMap { $0 } + plan.pictures.flatMap { [$0.drawn, $0.caption] })
                .filter { tokenizer.tokenIDs($0).count > tokenizer.maximumLength - 2 }
        }
    }

    /// Makes what is not there yet.
    ///
    /// - Parameter progress: called after each denoising step; may throw to end the run, which can be gone on with.
    public func run(progress: @escaping (CollageProgress) throws -> Void = { _ in }) throws -> Summary {
        var summary = Summary()
        let perSet = order.images * order.steps * (order.repaintsBackgrounds ? 2 : 1)
        let plans = numbers.map(plan)
        let missing = try plans.filter { try record(of: $0) == nil }.count
        var (made, done) = (0, 0)
        for (index, plan) in plans.enumerated() {
            let places = places(plan)
            var found = try record(of: plan)
            if found != nil { summary.found += 1 }
            if found == nil {
                let maker = SetMaker(
                    plan: plan, pipeline: pipeline, embedding: embedding, folder: places.work,
                    context: "collage \(CollagePlan.currentFormat) \(modelHash) \(context)",
                    keepEvery: keepEvery
                ) { [summary] stage, pictures in
                    done += pictures
                    try progress(
                        CollageProgress(
                            stage: stage, set: index + 1, sets: plans.count, done: done,
                            total: perSet * missing, kept: summary.kept, dropped: summary.dropped))
                }
                let record = try maker.make()
                try DurableFile.rename(
                    "\(places.work)/set", to: record.state == .kept ? places.kept : places.dropped)
                found = record
                made += 1
                done = made * perSet
            }
            // Also what a run left that ended between the two.
            DurableFile.remove(places.work)
            switch found?.state {
            case .kept?:
                summary.kept += 1
                summary.pictures += found?.pictures.count ?? 0
            case .dropped?, nil: summary.dropped += 1
            }
        }
        try tell(plans)
        return summary
    }

    /// Where the contact sheet is.
    public var sheetFile: String { "\(folder)/.collage/sheet.png" }

    /// Rows of the contact sheet.
    private static let sheetRows = 20

    /// Writes what is said of all sets together.
    private func tell(_ plans: [CollagePlan]) throws {
        struct Line: Codable {
            let name, state: String
            let reason: String?
            let similarity: Double
            let images: Int
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var lines = Data()
        var rows: [[RGBImage]] = []
        for plan in plans {
            guard let record = try record(of: plan) else { continue }
            let line = Line(
                name: plan.folderName, state: record.state.rawValue, reason: record.reason,
                similarity: record.similarity, images: record.pictures.count)
            lines += try encoder.encode(line) + Data("\n".utf8)
            let place = record.state == .kept ? places(plan).kept : places(plan).dropped
            if record.state == .kept, rows.count < Self.sheetRows {
                rows.append(try sheetRow(record, in: place))
            }
        }
        try DurableFile.write(lines, to: "\(folder)/.collage/sets.jsonl")
        if let sheet = ToyboxContactSheet.lay(rows) {
            try DurableFile.write(PNGEncoder.encode(sheet), to: sheetFile)
        }
    }

    /// The pictures, then what the masks cut out of them; grey where there is none.
    private func sheetRow(_ record: CollageSetRecord, in place: String) throws -> [RGBImage] {
        var limits = ImageLimits.default
        limits.minimumSide = 1
        let grey = RGBImage(
            width: order.width, height: order.height,
            pixels: Array(repeating: 128, count: 3 * order.width * order.height))
        var (whole, cut) = ([RGBImage](), [RGBImage]())
        for picture in record.pictures {
            let image = try PhotoDecoder.decode(contentsOf: "\(place)/\(picture.image)", limits: limits)
            let mask = try PhotoDecoder.decode(contentsOf: "\(place)/\(picture.mask)", limits: limits)
            whole.append(image)
            var pixels = image.pixels
            for index in pixels.indices where mask.pixels[index] < 128 { pixels[index] = 128 }
            cut.append(RGBImage(width: image.width, height: image.height, pixels: pixels))
        }
        let missing = Array(repeating: grey, count: order.images - whole.count)
        return whole + missing + cut + missing
    }
}
