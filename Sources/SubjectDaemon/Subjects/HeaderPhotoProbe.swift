import Images

/// Looks at a photo's head and tail.
struct HeaderPhotoProbe: PhotoProbing {
    func probe(_ path: String) -> PhotoVerdict {
        do throws(ImageError) {
            switch try ImageCompleteness.check(path: path) {
            case .incomplete: return .incomplete
            case .unusable(let error): return .rejected("\(error)")
            case .complete:
                let header = try ImageHeader.read(contentsOf: path)
                return .usable(width: header.orientedWidth, height: header.orientedHeight)
            }
        } catch {
            return .rejected("\(error)")
        }
    }
}
