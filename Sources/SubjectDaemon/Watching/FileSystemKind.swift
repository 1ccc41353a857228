import CLinux

/// Whether the kernel tells of every change in a folder, which depends on what holds it.
enum FileSystemKind: Equatable, Sendable {
    /// All changes pass through this kernel.
    case local
    /// Others can change it without this kernel's knowledge.
    case remote(name: String)

    /// The kind of file system that holds the folder. One that cannot be asked counts as local.
    init(of folder: String) {
        var magic: UInt64 = 0
        guard jedi_file_system_magic(folder, &magic) == 0 else {
            self = .local
            return
        }
        self.init(magic: magic)
    }

    /// By the numbers of statfs(2).
    init(magic: UInt64) {
        let names: [UInt64: String] = [
            0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x6573_5546: "FUSE",
            0x0102_1997: "9p", 0x00C3_6400: "Ceph", 0x5346_414F: "AFS", 0x6B41_4653: "AFS",
            0x7375_7245: "Coda", 0x786F_4256: "VirtualBox's shared folders",
        ]
        self = names[magic].map { .remote(name: $0) } ?? .local
    }
}
