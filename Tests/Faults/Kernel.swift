import Foundation

/// Settings of the kernel, within the user namespace that this process has to itself.
enum Kernel {
    /// - Returns: whether it holds now.
    static func set(_ path: String, _ value: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        let written = fputs(value, file) >= 0
        return fclose(file) == 0 && written
    }

    static func mountSmallDisk(_ path: String, megabytes: Int) -> Bool {
        mount("none", path, "tmpfs", 0, "size=\(megabytes)m") == 0
    }

    static func unmount(_ path: String) { umount2(path, Int32(MNT_DETACH)) }

    /// Takes all the room that is left on a disk.
    static func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for size in [65_536, 4096, 1] {
            let bytes = [UInt8](repeating: 1, count: size)
            while write(descriptor, bytes, size) > 0 {}
        }
    }
}
