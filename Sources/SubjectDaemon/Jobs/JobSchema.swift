import GRDB

/// The job store's tables, and how each version of them became the next.
enum JobSchema {
    /// Every change so far, in order. One that has been released is never edited.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 jobs, handled prompts, photos") { db in
            try db.create(table: "job") { table in
                table.primaryKey("key", .text)
                table.column("subject", .text).notNull()
                table.column("prompt", .text).notNull()
                table.column("options", .text).notNull()
                table.column("seed", .integer).notNull()
                table.column("referencePhotos", .text).notNull()
                table.column("state", .text).notNull()
                table.column("reason", .text)
                table.column("attempts", .integer).notNull()
                table.column("position", .integer).notNull()
                table.column("createdAt", .double).notNull()
                table.column("startedAt", .double)
                table.column("finishedAt", .double)
                table.column("output", .text)
            }
            try db.create(index: "jobByTurn", on: "job", columns: ["state", "position"])
            try db.create(index: "jobBySubject", on: "job", columns: ["subject", "state"])
            try db.create(index: "jobByEnd", on: "job", columns: ["finishedAt"])
            try db.create(table: "handledPrompt") { table in
                table.primaryKey("subject", .text)
                table.column("size", .integer).notNull()
                table.column("modified", .integer).notNull()
                table.column("contentHash", .text).notNull()
                table.column("folder", .integer).notNull()
            }
            try db.create(table: "photo") { table in
                table.column("subject", .text).notNull()
                table.column("name", .text).notNull()
                table.column("size", .integer).notNull()
                table.column("modified", .integer).notNull()
                table.column("changed", .integer).notNull()
                table.column("inode", .integer).notNull()
                table.column("width", .integer)
                table.column("height", .integer)
                table.column("rejection", .text)
                table.column("contentHash", .text)
                table.primaryKey(["subject", "name"])
            }
            try db.create(table: "setting") { table in
                table.primaryKey("name", .text)
                table.column("value", .text).notNull()
            }
        }
        migrator.registerMigration("2 folders: subjects by their folders, a handled prompt for each file") {
            db in
            try db.create(table: "subject") { table in
                table.primaryKey("name", .text)
                // The name that is part of its jobs' keys: its first one, whatever it is called now.
                table.column("origin", .text).notNull().unique()
                table.column("device", .integer).notNull()
                table.column("inode", .integer).notNull()
                table.column("born", .integer).notNull()
            }
            try db.create(index: "subjectByFolder", on: "subject", columns: ["inode"])
            try db.execute(
                sql: "INSERT INTO subject SELECT subject, subject, 0, folder, 0 FROM handledPrompt")
            try db.rename(table: "handledPrompt", to: "handledPromptBefore")
            try db.create(table: "handledPrompt") { table in
                table.column("subject", .text).notNull()
                table.column("file", .text).notNull()
                table.column("size", .integer).notNull()
                table.column("modified", .integer).notNull()
                table.column("contentHash", .text).notNull()
                table.column("folder", .integer).notNull()
                table.column("born", .integer).notNull()
                table.primaryKey(["subject", "file"])
            }
            try db.execute(
                sql: """
                    INSERT INTO handledPrompt
                    SELECT subject, 'prompt.txt', size, modified, contentHash, folder, 0 FROM handledPromptBefore
                    """)
            try db.drop(table: "handledPromptBefore")
        }
        migrator.registerMigration(placesName, migrate: addPlaces)
        migrator.registerMigration("4 jobs: seals") { db in
            try db.alter(table: "job") { table in table.add(column: "seal", .text) }
        }
        migrator.registerMigration("5 jobs: photos to start from; handled prompts: lines that wait") { db in
            try db.alter(table: "job") { table in table.add(column: "startPhotos", .text) }
            try db.alter(table: "handledPrompt") { table in table.add(column: "waitingLines", .text) }
        }
        return migrator
    }

    static let placesName = "3 jobs: places, sources, turns, step times"

    static func addPlaces(_ db: Database) throws {
        try db.alter(table: "job") { table in
            table.add(column: "source", .text)
            table.add(column: "priority", .integer).notNull().defaults(to: 0)
            table.add(column: "modelHash", .text)
            table.add(column: "repeats", .text)
            // Put before all others by hand where it is negative, behind them where positive; else by turn.
            table.add(column: "place", .integer).notNull().defaults(to: 0)
            // The key of the job that it was put just before.
            table.add(column: "placeBefore", .text)
            // Interrupted in the middle through no fault of its own.
            table.add(column: "isBegun", .boolean).notNull().defaults(to: false)
            // Cancelled because its prompt file no longer asks for it.
            table.add(column: "isWithdrawn", .boolean).notNull().defaults(to: false)
            table.add(column: "outputHash", .text)
            table.add(column: "removedAt", .double)
        }
        try db.execute(sql: "UPDATE job SET source = ?", arguments: [FileRules.promptName])
        try db.create(index: "jobByPosition", on: "job", columns: ["position"])
        try db.create(index: "jobByOrigin", on: "job", columns: ["repeats"])
        // When each subject had its last turn, by a number that only grows.
        try db.create(table: "turn") { table in
            table.primaryKey("subject", .text)
            table.column("number", .integer).notNull()
        }
        try db.create(table: "stepTime") { table in
            table.autoIncrementedPrimaryKey("id")
            table.column("kind", .text).notNull().indexed()
            table.column("measure", .text).notNull()
        }
    }
}
