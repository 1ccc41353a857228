import Images

/// Which pixels are the subject's.
struct SubjectMask {
    /// 255 within, 0 without, `[height, width]` of the picture.
    let pixels: [UInt8]
    /// What it was made of: attention or saliency.
    let source: MaskSource

    /// Its share of the picture, 0 to 1.
    var coverage: Double { Double(pixels.count { $0 >= 128 }) / Double(pixels.count) }

    /// - Parameter attention: attention to the subject's noun, of any resolution; nil where there is none.
    static func find(in image: RGBImage, attention: Plane?, by wanted: MaskSource) -> SubjectMask {
        let small = WorkingImage(image)
        var found: [(outline: [Float], source: MaskSource)] = []
        if wanted != .saliency, let attention {
            let map = attention.stretched.resized(width: small.width, height: small.height).stretched
            found.append((outline(map, small), .attention))
        }
        if wanted != .attention || attention == nil {
            found.append((outline(Saliency.map(small), small), .saliency))
        }
        let best = found.max { small.distinctness(of: $0.outline) < small.distinctness(of: $1.outline) }
        let whole = Plane(width: small.width, height: small.height, values: best?.outline ?? [])
            .resized(width: image.width, height: image.height)
        return SubjectMask(
            pixels: whole.values.map { $0 >= 0.5 ? 255 : 0 }, source: best?.source ?? .saliency)
    }

    private static func outline(_ map: Plane, _ image: WorkingImage) -> [Float] {
        MaskRefinement.refined(map, threshold: map.otsuThreshold, image: image)
    }

    /// The mask, grown by so many pixels on every side.
    func grown(by radius: Int, width: Int) -> [UInt8] {
        let plane = Plane(
            width: width, height: pixels.count / width, values: pixels.map { $0 >= 128 ? 1 : 0 })
        return plane.blurred(radius: radius).values.map { $0 > 1e-6 ? 255 : 0 }
    }
}

/// What masks are made of.
public enum MaskSource: String, Sendable, Codable, CaseIterable {
    /// The one of both whose outline parts the picture's colours better.
    case auto
    /// Cross-attention to the subject's noun.
    case attention
    /// Colours that differ from the picture's edges.
    case saliency
}
