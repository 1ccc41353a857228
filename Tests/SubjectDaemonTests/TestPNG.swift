import DaemonTestSupport

enum TestPNG {
    /// Any whole PNG.
    static let bytes: [UInt8] = (try? TestPhoto.png(1)) ?? []
}
