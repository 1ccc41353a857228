import Glibc
import Logging
import Synchronization

/// The newest preview of the job under way, and its file.
final class PreviewKeeper: Sendable {
    /// Where it lies in the state folder.
    static let fileName = "preview.png"

    private let path: String
    private let files: FileThread
    private let newest = Mutex<PicturePreview?>(nil)
    private let file: LatestFile<PicturePreview>

    private static let interval: Duration = .seconds(1)

    init(folder: String, files: FileThread, time: any TimeSource, logger: Logger) {
        let path = folder + "/" + Self.fileName
        self.path = path
        self.files = files
        file = LatestFile(interval: Self.interval, time: time) { preview in
            do { try await files.run { try AtomicFile.replace(path, with: preview.png, mode: 0o640) } } catch
            {
                logger.debug("the preview could not be written: \(error)")
            }
        }
    }

    /// The newest; nil while there is none.
    var current: PicturePreview? { newest.withLock { $0 } }

    /// Takes a preview. Returns at once.
    func offer(_ preview: PicturePreview) {
        newest.withLock { $0 = preview }
        file.offer(preview)
    }

    /// The job has ended: there is nothing to show.
    func clear() async {
        newest.withLock { $0 = nil }
        await file.drop()
        _ = try? await files.run { [path] in unlink(path) }
    }
}
