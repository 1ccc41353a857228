extension RGBImage {
    /// The picture turned and mirrored as `orientation` says: its sides swapped for the latter four.
    public func oriented(_ orientation: ImageOrientation) -> RGBImage {
        guard orientation != .up else { return self }
        // The stored pixel of the target's (0, 0), and the steps in the source, in pixels, that one step
        // right and one step down in the target make.
        let (right, bottom) = (width - 1, (height - 1) * width)
        let (start, across, down) =
            switch orientation {
            case .up: (0, 1, width)
            case .upMirrored: (right, -1, width)
            case .down: (right + bottom, -1, -width)
            case .downMirrored: (bottom, 1, -width)
            case .leftMirrored: (0, width, 1)
            case .right: (bottom, -width, 1)
            case .rightMirrored: (right + bottom, -width, -1)
            case .left: (right, width, -1)
            }
        let (targetWidth, targetHeight) = orientation.swapsSides ? (height, width) : (width, height)
        // Square tiles keep both the rows that are read and those that are written in the cache.
        let tile = 64
        let turned = pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: source.count) { target, filled in
                for top in stride(from: 0, to: targetHeight, by: tile) {
                    for leading in stride(from: 0, to: targetWidth, by: tile) {
                        for y in top..<min(top + tile, targetHeight) {
                            var from = 3 * (start + y * down + leading * across)
                            var to = 3 * (y * targetWidth + leading)
                            for _ in leading..<min(leading + tile, targetWidth) {
                                target[to] = source[from]
                                target[to + 1] = source[from + 1]
                                target[to + 2] = source[from + 2]
                                from += 3 * across
                                to += 3
                            }
                        }
                    }
                }
                filled = source.count
            }
        }
        return RGBImage(width: targetWidth, height: targetHeight, pixels: turned)
    }
}
