import JointDiffusion
import SubjectDaemon

/// Keeps a file showing how a picture looks so far.
struct PreviewWriter {
    private var maker: PreviewMaker
    private let path: String

    init(_ maker: PreviewMaker, to path: String) {
        self.maker = maker
        self.path = path
    }

    /// A file that cannot be written is no reason to give up the picture.
    mutating func show(_ step: GenerationStep) {
        guard let png = maker.png(after: step) else { return }
        try? AtomicFile.replace(path, with: png, mode: 0o666, lasts: false)
    }
}
