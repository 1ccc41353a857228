import FoundationEssentials

/// Where the model lies when nobody says so.
enum ModelLocation {
    /// The folder that was named, else the environment's, else the one that comes with the program; nil without any.
    static func folder(_ named: String?, environment: [String: String]) -> String? {
        if let named { return named }
        if let told = environment["JEDID_MODEL"], !told.isEmpty { return told }
        return bundled.first { FileManager.default.fileExists(atPath: $0 + "/model_index.json") }
    }

    /// Installed beside the program, or in the package from which it was built.
    private static var bundled: [String] {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else {
            return []
        }
        var places: [String] = []
        var folder = program.folderAbove
        places.append(folder.folderAbove + "/share/jedi/Models/toybox")
        while !folder.isEmpty {
            places.append(folder + "/Models/toybox")
            folder = folder.folderAbove
        }
        return places
    }
}

extension String {
    fileprivate var folderAbove: String {
        lastIndex(of: "/").map { String(self[..<$0]) } ?? ""
    }
}
