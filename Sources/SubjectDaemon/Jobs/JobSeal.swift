import Crypto
import GRDB

/// A hash over what a job asks for, kept with it: a database knows when its pages are damaged, not when the words on
/// them are.
enum JobSeal {
    static func of(
        key: String, prompt: String, options: String, seed: Int64, references: String, start: String?
    ) -> String {
        var hash = SHA256()
        let parts = ["jedi-seal/1", key, prompt, options, String(seed), references]
        for part in parts + (start.map { [$0] } ?? []) { hash.update(part: part) }
        return hash.finalize().prefix(16).hexadecimal
    }

    static func of(_ job: PlannedJob) throws -> String {
        of(
            key: job.key, prompt: job.prompt, options: try JobStore.text(job.options), seed: Int64(job.seed),
            references: try JobStore.text(job.references), start: try job.start.map(JobStore.text))
    }

    /// Whether the row of a job is what was written. One from before there were seals is believed.
    static func holds(in row: Row) -> Bool {
        guard row.hasColumn("seal") else { return true }
        let seal: DatabaseValue = row["seal"]
        if seal.isNull { return true }
        guard let seal = String.fromDatabaseValue(seal), let key = String.fromDatabaseValue(row["key"]),
            let prompt = String.fromDatabaseValue(row["prompt"]),
            let options = String.fromDatabaseValue(row["options"]),
            let seed = Int64.fromDatabaseValue(row["seed"]),
            let references = String.fromDatabaseValue(row["referencePhotos"])
        else { return false }
        let start: DatabaseValue? = row["startPhotos"]
        return seal
            == of(
                key: key, prompt: prompt, options: options, seed: seed, references: references,
                start: start.flatMap(String.fromDatabaseValue))
    }
}
