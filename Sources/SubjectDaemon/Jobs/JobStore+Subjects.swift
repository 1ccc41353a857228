import GRDB

/// What is kept of a subject besides its jobs.
struct RememberedSubject: Sendable, Equatable {
    /// The prompts that were turned into jobs last, one for each file.
    var prompts: [HandledPrompt] = []
    /// What was found out about its photos, by name.
    var photos: [String: KnownPhoto] = [:]
    /// The folder that it was.
    var folder: FolderIdentity?
}

/// What was found out about a photo, good for as long as its fingerprint is the same.
struct KnownPhoto: Sendable, Equatable {
    var fingerprint: FileFingerprint
    var verdict: PhotoVerdict
    /// The SHA-256 of its bytes, in hexadecimal, once that was needed.
    var contentHash: String?
}

/// What was found out about subjects, kept in one go.
struct Findings: Sendable, Equatable {
    /// By the subjects' names, and their photos'.
    var photos: [String: [String: KnownPhoto]] = [:]
    /// Folders, by the subjects' names.
    var folders: [String: FolderIdentity] = [:]

    var isEmpty: Bool { photos.isEmpty && folders.isEmpty }
}

extension JobStore {
    /// What is kept of these subjects, by name.
    func remembered(of subjects: [String]) async throws -> [String: RememberedSubject] {
        try await database.read { db in
            let prompts = try db.cachedStatement(sql: "SELECT * FROM handledPrompt WHERE subject = ?")
            let photos = try db.cachedStatement(sql: "SELECT * FROM photo WHERE subject = ?")
            let folder = try db.cachedStatement(sql: "SELECT * FROM subject WHERE name = ?")
            var all: [String: RememberedSubject] = [:]
            for name in subjects {
                var remembered = RememberedSubject()
                remembered.prompts = try Row.fetchAll(prompts, arguments: [name]).map(Self.handledPrompt)
                for row in try Row.fetchAll(photos, arguments: [name]) {
                    remembered.photos[row["name"]] = Self.photo(row)
                }
                remembered.folder = try Row.fetchOne(folder, arguments: [name]).map(Self.folder)
                all[name] = remembered
            }
            return all
        }
    }

    // MARK: Prompts

    /// The prompt file of that subject that was turned into jobs last.
    static func handledPrompt(of subject: String, file: String, _ db: Database) throws -> HandledPrompt? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM handledPrompt WHERE subject = ? AND file = ?", arguments: [subject, file]
        ).map(handledPrompt)
    }

    private static func handledPrompt(_ row: Row) -> HandledPrompt {
        var prompt = HandledPrompt(
            size: row["size"], modified: row["modified"], contentHash: row["contentHash"],
            folder: UInt64(bitPattern: row["folder"] as Int64), born: row["born"], file: row["file"])
        prompt.waitingLines = (row["waitingLines"] as String?).flatMap { try? value($0) }
        return prompt
    }

    /// Remembers that the prompt was turned into jobs.
    static func remember(_ prompt: HandledPrompt, of subject: String, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO handledPrompt (subject, file, size, modified, contentHash, folder, born,
                waitingLines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                subject, prompt.file, prompt.size, prompt.modified, prompt.contentHash,
                Int64(bitPattern: prompt.folder), prompt.born, try prompt.waitingLines.map(text),
            ])
    }

    /// Has the subject's prompts be turned into jobs again.
    func forgetHandledPrompts(of subject: String) async throws {
        try await database.write { db in
            try db.execute(
                sql: "UPDATE handledPrompt SET modified = ? WHERE subject = ?",
                arguments: [HandledPrompt.forgotten, subject])
        }
    }

    // MARK: Photos and folders

    /// Remembers what was found out.
    func remember(_ findings: Findings) async throws {
        try await database.write { db in
            for (name, folder) in findings.folders { try Self.remember(folder, of: name, db) }
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO photo (subject, name, size, modified, changed, inode, width, height,
                    rejection, contentHash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for (subject, photos) in findings.photos {
                for (name, photo) in photos { try Self.remember(photo, name, of: subject, statement) }
            }
        }
    }

    private static func remember(
        _ photo: KnownPhoto, _ name: String, of subject: String, _ statement: Statement
    ) throws {
        var size: (width: Int, height: Int)?
        var rejection: String?
        switch photo.verdict {
        case .usable(let width, let height): size = (width, height)
        case .rejected(let reason): rejection = reason
        case .incomplete: return
        }
        try statement.execute(arguments: [
            subject, name, photo.fingerprint.size, photo.fingerprint.modified, photo.fingerprint.changed,
            Int64(bitPattern: photo.fingerprint.inode), size?.width, size?.height, rejection,
            photo.contentHash,
        ])
    }

    private static func photo(_ row: Row) -> KnownPhoto {
        let verdict: PhotoVerdict
        if let width = row["width"] as Int?, let height = row["height"] as Int? {
            verdict = .usable(width: width, height: height)
        } else {
            verdict = (row["rejection"] as String?).map(PhotoVerdict.rejected) ?? .incomplete
        }
        return KnownPhoto(
            fingerprint: FileFingerprint(
                size: row["size"], modified: row["modified"], changed: row["changed"],
                inode: UInt64(bitPattern: row["inode"] as Int64)),
            verdict: verdict, contentHash: row["contentHash"])
    }

    private static func remember(_ folder: FolderIdentity, of name: String, _ db: Database) throws {
        let known = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM subject WHERE name = ?)"), arguments: [name]
        )
        let values: StatementArguments = [
            Int64(bitPattern: folder.device), Int64(bitPattern: folder.inode), folder.born, name,
        ]
        if known == true {
            try db.cachedStatement(sql: "UPDATE subject SET device = ?, inode = ?, born = ? WHERE name = ?")
                .execute(arguments: values)
        } else {
            try db.cachedStatement(
                sql: "INSERT INTO subject (device, inode, born, name, origin) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: values + [try freeOrigin(name, db)])
        }
    }

    static func folder(_ row: Row) -> FolderIdentity {
        FolderIdentity(
            device: UInt64(bitPattern: row["device"] as Int64),
            inode: UInt64(bitPattern: row["inode"] as Int64),
            born: row["born"])
    }

    /// The name, unless a subject that bears another now began under it. No name of a folder has a slash.
    private static func freeOrigin(_ name: String, _ db: Database) throws -> String {
        let taken = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM subject WHERE origin = ?)")
        var origin = name
        var number = 1
        while try Bool.fetchOne(taken, arguments: [origin]) == true {
            number += 1
            origin = "\(name)/\(number)"
        }
        return origin
    }
}
