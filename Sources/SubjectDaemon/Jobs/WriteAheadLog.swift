/// SQLite's log beside the store, as its file format describes it.
///
/// SQLite reads it up to the first frame whose checksum is wrong and passes over the rest without a word: right after
/// a crash in the midst of a write, and a loss where a frame within was damaged. The rest tells one from the other:
/// behind a write that did not come to its end no transaction was completed.
enum WriteAheadLog {
    private static let headLength = 32
    private static let frameHeadLength = 24

    /// Whether transactions in it cannot be read any more.
    static func isDamaged(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= headLength + frameHeadLength else { return false }
        let magic = number(bytes, 0), size = Int(number(bytes, 8))
        // A log that was never begun, or that is begun anew.
        if bytes.prefix(headLength).allSatisfy({ $0 == 0 }) { return false }
        let isBig = magic == 0x377F_0683
        guard isBig || magic == 0x377F_0682, (512...65_536).contains(size), size & (size - 1) == 0 else {
            return true
        }
        var sum: (UInt32, UInt32) = (0, 0)
        add(bytes[0..<24], to: &sum, isBig)
        guard sum == (number(bytes, 24), number(bytes, 28)) else { return true }
        let salt = Array(bytes[16..<24])
        var place = headLength
        while place + frameHeadLength + size <= bytes.count {
            let page = place + frameHeadLength
            var next = sum
            add(bytes[place..<place + 8], to: &next, isBig)
            add(bytes[page..<page + size], to: &next, isBig)
            // A frame of an earlier run of the log has another salt.
            guard bytes[place + 8..<place + 16].elementsEqual(salt),
                next == (number(bytes, place + 16), number(bytes, place + 20))
            else { return hasCompletion(in: bytes, after: place + 9, salt) }
            sum = next
            place = page + size
        }
        return false
    }

    /// Whether the head of a frame that completes a transaction is there, at whatever place bytes that went or came
    /// have moved it to.
    private static func hasCompletion(in bytes: [UInt8], after begin: Int, _ salt: [UInt8]) -> Bool {
        guard begin + 8 <= bytes.count else { return false }
        return (begin...bytes.count - 8).contains { place in
            bytes[place] == salt[0] && bytes[place..<place + 8].elementsEqual(salt)
                && number(bytes, place - 4) != 0
        }
    }

    private static func add(_ part: ArraySlice<UInt8>, to sum: inout (UInt32, UInt32), _ isBig: Bool) {
        var place = part.startIndex
        while place + 8 <= part.endIndex {
            sum.0 = sum.0 &+ word(part, place, isBig) &+ sum.1
            sum.1 = sum.1 &+ word(part, place + 4, isBig) &+ sum.0
            place += 8
        }
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 { word(bytes[...], place, true) }

    private static func word(_ bytes: ArraySlice<UInt8>, _ place: Int, _ isBig: Bool) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * (isBig ? 3 - $1 : $1)) }
    }
}
