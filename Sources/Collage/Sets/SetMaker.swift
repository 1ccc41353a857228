import Foundation
import Images
import JointDiffusion
import Tensors

/// Makes one set, in a folder of its own, from file to file: what is there of an interrupted run is taken as it is, since
/// every file follows from the plan and those before it.
struct SetMaker {
    let plan: CollagePlan
    let pipeline: Pipeline
    let embedding: any ImageEmbedding
    /// Where files lie until the set is whole.
    let folder: String
    /// What decides a walk's bits besides its request.
    let context: String
    /// Seconds between two kept states of a walk.
    let keepEvery: Double
    /// Told after each step: what is being done, and for how many pictures at once.
    let report: (String, Int) throws -> Void

    private var order: CollageOrder { plan.order }

    /// A picture on its way, by its number in the plan.
    private struct Member {
        let number: Int
        let image: RGBImage
        let mask: SubjectMask
    }

    /// - Returns: the set's record; its files are in `folder/set`.
    func make() throws -> CollageSetRecord {
        try begin()
        // 1. The pictures, and where the subject is in each.
        var leftOut: [String] = []
        var members: [Member] = []
        for (number, image) in try drawn().enumerated() {
            guard let image else {
                leftOut.append("picture \(number + 1): its panel has no border")
                continue
            }
            let mask = try mask(of: image, number: number)
            let percent = (mask.coverage * 1000).rounded() / 10
            if CollageOrder.coverage ~= mask.coverage {
                members.append(Member(number: number, image: image, mask: mask))
            } else {
                leftOut.append("picture \(number + 1): its mask covers \(percent) % of it")
            }
        }
        // 2. Whether it is the same in all of them.
        let similarity = try embedding.similarity(members.map { ($0.image, $0.mask.pixels) })
        var reason: String?
        if members.count < CollageOrder.leastImages {
            reason = "\(members.count) of \(order.images) pictures are left"
        } else if similarity < order.threshold {
            reason =
                "similarity \((similarity * 1000).rounded() / 1000) is below \(order.threshold)"
        }
        // 3. Other backgrounds, where it is worth it.
        let pictures = try members.map { member in
            reason == nil && order.repaintsBackgrounds ? try repainted(member) : member.image
        }
        // 4. The folder.
        return try assemble(
            zip(members, pictures).map { ($0, $1) },
            CollageSetRecord(
                plan: plan, state: reason == nil ? .kept : .dropped, reason: reason, similarity: similarity,
                pictures: members.map { member in
                    CollageSetRecord.Picture(
                        image: "photo\(padded(member.number)).png",
                        mask: ".collage/mask\(padded(member.number)).png",
                        caption: reason == nil
                            ? plan.pictures[member.number].caption : plan.pictures[member.number].drawn,
                        maskSource: member.mask.source, coverage: member.mask.coverage)
                }, leftOut: leftOut))
    }

    // MARK: Drawing

    /// Nil for a panel that is to be left out.
    private func drawn() throws -> [RGBImage?] {
        if case .panels(let rows, let columns) = order.drawing {
            let picture = try kept("collage.png") ?? drawnCollage(rows: rows, columns: columns)
            return PanelSplitter(rows: rows, columns: columns).split(picture).map { panel in
                guard panel.isBordered || !order.needsBorders else { return nil }
                return panel.image.croppedToFill(width: order.width, height: order.height)
            }
        }
        let names = plan.pictures.indices.map { "drawn\(padded($0)).png" }
        let found = names.compactMap(kept)
        if found.count == names.count { return found }
        var request = request(plan.phrase, seeds: plan.pictures.map(\.seed))
        request.prompts = plan.pictures.map(\.drawn)
        if order.drawing == .joint { request.mode = .joint }
        let latents = try walk(request, stage: "drawing")
        let images = try names.indices.map { try decoded(latents[rows: $0..<$0 + 1], of: request) }
        for (name, image) in zip(names, images) { try keep(image, name) }
        forgetWalk()
        return images
    }

    private func drawnCollage(rows: Int, columns: Int) throws -> RGBImage {
        var request = request(plan.collage ?? plan.phrase, seeds: [plan.pictures[0].seed])
        (request.width, request.height) = (columns * order.width, rows * order.height)
        let image = try decoded(walk(request, stage: "drawing", pictures: rows * columns), of: request)
        try keep(image, "collage.png")
        forgetWalk()
        return image
    }

    // MARK: Masks and backgrounds

    private func mask(of image: RGBImage, number: Int) throws -> SubjectMask {
        var attention: Plane?
        if order.masks != .saliency {
            let latent = pipeline.encode(pixels: image.pixels, width: order.width, height: order.height)
            let picture = plan.pictures[number]
            if let map = try pipeline.attention(
                to: plan.kind, in: latent, captions: [picture.drawn], seed: picture.backgroundSeed)[0]
            {
                attention = Plane(width: latent.shape[2], height: latent.shape[1], values: map)
            }
        }
        return SubjectMask.find(in: image, attention: attention, by: order.masks)
    }

    /// The subject as it was drawn, to the byte, in another scene.
    private func repainted(_ member: Member) throws -> RGBImage {
        let name = "photo\(padded(member.number)).png"
        if let image = kept(name) { return image }
        let picture = plan.pictures[member.number]
        let known = member.mask.grown(by: pipeline.model.vae.downscale / 2, width: order.width)
        let start = pipeline.start(
            pixels: member.image.pixels, mask: known.map { 255 - $0 }, width: order.width,
            height: order.height)
        let request = request(picture.caption, seeds: [picture.backgroundSeed])
        var image = try decoded(walk(request, start: start, stage: "backgrounds"), of: request)
        for pixel in known.indices where known[pixel] >= 128 {
            for index in 3 * pixel..<3 * pixel + 3 { image.pixels[index] = member.image.pixels[index] }
        }
        try keep(image, name)
        forgetWalk()
        return image
    }

    // MARK: Walks

    private func request(_ prompt: String, seeds: [UInt64]) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt, model: pipeline.model, seeds: seeds)
        request.negativePrompt = order.negativePrompt
        (request.width, request.height) = (order.width, order.height)
        (request.steps, request.sampler) = (order.steps, order.sampler)
        (request.mode, request.guidance, request.imageGuidance) = (.none, order.guidance, nil)
        return request
    }

    private var stateFile: String { "\(folder)/walk.state" }

    /// From the noise, or from where an interrupted run kept it.
    /// - Parameter pictures: how many the walk counts for.
    private func walk(
        _ request: GenerationRequest, start: PictureStart? = nil, stage: String, pictures: Int? = nil
    ) throws -> Tensor {
        let identity = try pipeline.identity(of: request, references: [], start: start, context: context)
        let state = FileManager.default.contents(atPath: stateFile).flatMap {
            try? SamplingState(Array($0), identity: identity, on: pipeline.model.backend)
        }
        var last = ContinuousClock.now
        return try pipeline.generate(request, start: start, from: state) { step in
            if ContinuousClock.now - last >= .seconds(keepEvery) {
                try DurableFile.write(step.state.bytes(identity: identity), to: stateFile)
                last = .now
            }
            try report(stage, pictures ?? request.seeds.count)
        }
    }

    private func forgetWalk() { unlink(stateFile) }

    private func decoded(_ latent: Tensor, of request: GenerationRequest) throws -> RGBImage {
        RGBImage(width: request.width, height: request.height, pixels: try pipeline.decode(latent))
    }

    // MARK: Files

    /// What lies there of another plan, from a run that was interrupted and is not gone on with, goes.
    private func begin() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let (bytes, file) = (try encoder.encode(plan), "\(folder)/plan.json")
        guard FileManager.default.contents(atPath: file) != bytes else { return }
        DurableFile.remove(folder)
        try DurableFile.makeFolder(folder)
        try DurableFile.write(bytes, to: file)
    }

    private func kept(_ name: String) -> RGBImage? {
        var limits = ImageLimits.default
        limits.minimumSide = 1
        return try? PhotoDecoder.decode(contentsOf: "\(folder)/\(name)", limits: limits)
    }

    private func keep(_ image: RGBImage, _ name: String) throws {
        try DurableFile.write(PNGEncoder.encode(image), to: "\(folder)/\(name)")
    }

    /// Numbered from 1.
    private func padded(_ index: Int) -> String {
        let number = String(index + 1)
        return String(repeating: "0", count: max(2, String(order.images).count) - number.count) + number
    }

    private func assemble(_ pictures: [(Member, RGBImage)], _ record: CollageSetRecord) throws
        -> CollageSetRecord
    {
        let place = "\(folder)/set"
        DurableFile.remove(place)
        try DurableFile.makeFolder("\(place)/.collage")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var manifest = Data()
        for ((member, image), entry) in zip(pictures, record.pictures) {
            try DurableFile.write(PNGEncoder.encode(image), to: "\(place)/\(entry.image)")
            let grey = RGBImage(
                width: order.width, height: order.height,
                pixels: member.mask.pixels.flatMap { [$0, $0, $0] })
            try DurableFile.write(PNGEncoder.encode(grey), to: "\(place)/\(entry.mask)")
            manifest += try encoder.encode(entry) + Data("\n".utf8)
        }
        try DurableFile.write(Data("class: \(plan.kind)\n".utf8), to: "\(place)/subject.yaml")
        try DurableFile.write(manifest, to: "\(place)/manifest.jsonl")
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try DurableFile.write(
            try encoder.encode(record) + Data("\n".utf8), to: "\(place)/.collage/set.json")
        return record
    }
}
