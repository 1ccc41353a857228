import GRDB

/// A subject whose folder bears another name now.
struct SubjectRename: Sendable, Hashable {
    var from: String
    var to: String
}

extension JobStore {
    /// Whether any subject was ever seen.
    func remembersSubjects() async throws -> Bool {
        try await database.read { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM subject)") ?? false
        }
    }

    /// Under which names these folders were known last.
    func names(of folders: [FolderIdentity]) async throws -> [FolderIdentity.Mark: [String]] {
        let wanted = Set(folders.map(\.mark))
        return try await database.read { db in
            var names: [FolderIdentity.Mark: [String]] = [:]
            // At the start there are many: the whole table is quicker to read than thousands of single rows.
            let all = folders.count > 100
            let condition = all ? "" : " WHERE inode = ?"
            for arguments in all
                ? [StatementArguments()] : folders.map({ [Int64(bitPattern: $0.inode)] })
            {
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT name, device, inode, born FROM subject" + condition, arguments: arguments
                )
                while let row = try rows.next() {
                    let mark = Self.folder(row).mark
                    if wanted.contains(mark) { names[mark, default: []].append(row["name"]) }
                }
            }
            return names
        }
    }

    /// The name that is part of the keys of the subject's jobs.
    func origin(of subject: String) async throws -> String {
        try await database.read { db in
            try String.fetchOne(db, sql: "SELECT origin FROM subject WHERE name = ?", arguments: [subject])
                ?? subject
        }
    }

    /// The subject that a job belongs to now.
    func subject(ofJob key: String) async throws -> String? {
        try await database.read { db in
            try String.fetchOne(db, sql: "SELECT subject FROM job WHERE key = ?", arguments: [key])
        }
    }

    /// Gives subjects their new names: what was found out about photos, handled prompts and jobs go with them, all
    /// or nothing. Names may be swapped. What was kept under a name that is given to another is let go, but for jobs.
    ///
    /// - Parameter root: the root, in which finished pictures have other paths from now on.
    func rename(_ renames: [SubjectRename], root: String) async throws {
        try await database.write { db in
            for (number, rename) in renames.enumerated() {
                try Self.rename(rename.from, to: Self.between(number), db)
            }
            for (number, rename) in renames.enumerated() {
                for (table, column) in [
                    ("handledPrompt", "subject"), ("photo", "subject"), ("turn", "subject"),
                    ("subject", "name"),
                ] {
                    try db.execute(sql: "DELETE FROM \(table) WHERE \(column) = ?", arguments: [rename.to])
                }
                try Self.rename(Self.between(number), to: rename.to, db)
            }
            for (number, rename) in renames.enumerated() {
                try movePictures(from: "\(root)/\(rename.from)/", to: Self.between(number) + "/")
            }
            for (number, rename) in renames.enumerated() {
                try movePictures(from: Self.between(number) + "/", to: "\(root)/\(rename.to)/")
            }

            func movePictures(from old: String, to new: String) throws {
                try db.execute(
                    sql: """
                        UPDATE job SET output = ? || substr(output, length(?) + 1)
                        WHERE substr(output, 1, length(?)) = ?
                        """,
                    arguments: [new, old, old, old])
            }
        }
    }

    /// No folder's name: where a subject is on the way from one name to another.
    private static func between(_ number: Int) -> String { "/\(number)" }

    private static func rename(_ from: String, to: String, _ db: Database) throws {
        for (table, column) in [
            ("handledPrompt", "subject"), ("photo", "subject"), ("turn", "subject"), ("subject", "name"),
            ("job", "subject"),
        ] {
            try db.execute(
                sql: "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?", arguments: [to, from])
        }
    }
}
