import GRDB

/// What is kept of a subject besides its jobs.
struct RememberedSubject: Sendable, Equatable {
    /// The prompt that was turned into jobs last.
    var prompt: HandledPrompt?
    /// What was found out about its photos, by name.
    var photos: [String: KnownPhoto] = [:]
}

/// What was found out about a photo, good for as long as its fingerprint is the same.
struct KnownPhoto: Sendable, Equatable {
    var fingerprint: FileFingerprint
    var verdict: PhotoVerdict
    /// The SHA-256 of its bytes, in hexadecimal, once that was needed.
    var contentHash: String?
}

extension JobStore {
    /// What is kept of these subjects, by name.
    func remembered(of subjects: [String]) async throws -> [String: RememberedSubject] {
        try await database.read { db in
            var remembered = Dictionary(uniqueKeysWithValues: subjects.map { ($0, RememberedSubject()) })
            // At the start there are many: whole tables are quicker to read than thousands of single rows.
            let all = subjects.count > 100
            let condition = all ? "" : " WHERE subject = ?"
            for arguments in all ? [StatementArguments()] : subjects.map({ [$0] }) {
                let prompts = try Row.fetchCursor(
                    db, sql: "SELECT * FROM handledPrompt" + condition, arguments: arguments)
                while let row = try prompts.next() {
                    remembered[row["subject"]]?.prompt = Self.handledPrompt(row)
                }
                let photos = try Row.fetchCursor(
                    db, sql: "SELECT * FROM photo" + condition, arguments: arguments)
                while let row = try photos.next() {
                    remembered[row["subject"]]?.photos[row["name"]] = Self.photo(row)
                }
            }
            return remembered
        }
    }

    /// The prompt of that subject that was turned into jobs last.
    static func handledPrompt(of subject: String, _ db: Database) throws -> HandledPrompt? {
        try Row.fetchOne(db, sql: "SELECT * FROM handledPrompt WHERE subject = ?", arguments: [subject])
            .map(handledPrompt)
    }

    private static func handledPrompt(_ row: Row) -> HandledPrompt {
        HandledPrompt(
            size: row["size"], modified: row["modified"], contentHash: row["contentHash"],
            folder: UInt64(bitPattern: row["folder"] as Int64))
    }

    /// Remembers what was found out about photos.
    func remember(_ photos: [String: KnownPhoto], of subject: String) async throws {
        try await database.write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO photo (subject, name, size, modified, changed, inode, width, height,
                    rejection, contentHash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for (name, photo) in photos {
                var size: (width: Int, height: Int)?
                var rejection: String?
                switch photo.verdict {
                case .usable(let width, let height): size = (width, height)
                case .rejected(let reason): rejection = reason
                case .incomplete: continue
                }
                try statement.execute(arguments: [
                    subject, name, photo.fingerprint.size, photo.fingerprint.modified,
                    photo.fingerprint.changed,
                    Int64(bitPattern: photo.fingerprint.inode), size?.width, size?.height, rejection,
                    photo.contentHash,
                ])
            }
        }
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
}
