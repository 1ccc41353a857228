import Foundation
import Images
import SyntheticSubjects
import Synchronization

/// A picture with the first pictures of the first subjects, to look at.
enum SheetFile {
    private static let (maximumRows, maximumColumns) = (25, 12)

    /// Refuses places that cannot be written before the work.
    static func check(_ path: String) throws {
        guard !path.isEmpty else { throw CommandError("The name of the contact sheet is empty.") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandError("\(path) cannot be written: there is no folder \(folder). Create it first.")
        }
        guard lstat(path, &status) != 0 else {
            throw CommandError("\(path) is there already. Move it away, or give another name.")
        }
    }

    static func write(_ order: ToyboxOrder, to path: String, threads: Int) throws {
        let (rows, columns) = (min(order.subjects, maximumRows), min(order.images, maximumColumns))
        let made = Mutex<[Int: [RGBImage]]>([:])
        try ParallelWork.run(0..<rows, threads: threads) { row in
            let images = (0..<columns).map { order.sample(subject: order.first + row, image: $0).image }
            made.withLock { $0[row] = images }
        }
        let images = made.withLock { made in (0..<rows).compactMap { made[$0] } }
        guard let sheet = ToyboxContactSheet.lay(images) else { return }
        do {
            try Data(try PNGEncoder.encode(sheet)).write(
                to: URL(fileURLWithPath: path), options: [.withoutOverwriting])
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            throw CommandError("\(path) is there already. Move it away, or give another name.")
        } catch {
            throw CommandError("\(path) cannot be written: \(error.localizedDescription).")
        }
    }
}
