import FoundationEssentials

/// Which pictures a rule removes. Pure.
enum Retention {
    /// A picture that is there.
    struct Picture: Sendable, Equatable {
        /// Its job's key.
        var key: String
        var path: String
        /// With its record.
        var bytes: Int64
        var madeAt: Date
    }

    /// Those to be removed, the oldest first.
    ///
    /// A rule for bytes always leaves the newest, however large it is.
    static func surplus(_ pictures: [Picture], by rule: RetentionRule, at now: Date) -> [Picture] {
        let newestFirst = pictures.sorted { ($0.madeAt, $0.path) > ($1.madeAt, $1.path) }
        var kept = 0
        var bytes: Int64 = 0
        for picture in newestFirst {
            let (sum, overflow) = bytes.addingReportingOverflow(picture.bytes)
            let isTooMany = rule.count.map { kept >= $0 } ?? false
            let isTooMuch = rule.bytes.map { kept > 0 && (overflow || sum > $0) } ?? false
            let isTooOld = rule.age.map { now.timeIntervalSince(picture.madeAt) > $0 } ?? false
            if isTooMany || isTooMuch || isTooOld { break }
            kept += 1
            bytes = sum
        }
        return newestFirst.dropFirst(kept).reversed()
    }
}
