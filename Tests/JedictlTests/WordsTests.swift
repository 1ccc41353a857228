import Foundation
import Testing

@testable import jedictl

@Suite struct WordsTests {
    @Test(
        arguments: [
            (0, "0 s"), (0.6, "1 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"),
            (7500, "2 h 5 min"), (90_061, "1 d 1 h"), (-5, "0 s"), (.infinity, "11574074 d 1 h"),
        ] as [(Double, String)]) func durations(seconds: Double, words: String)
    {
        #expect(Words.duration(seconds) == words)
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (10_240, "10 KiB"),
            (1 << 20, "1 MiB"), (1_048_575, "1 MiB"), (3_972_844_748, "3.7 GiB"), (1 << 42, "4 TiB"),
            (.max, "8388608 TiB"),
        ] as [(Int64, String)]) func bytes(bytes: Int64, words: String)
    {
        #expect(Words.bytes(bytes) == words)
    }

    @Test func localTime() {
        #expect(
            Words.localTime(Date(timeIntervalSince1970: 0)).wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
                != nil)
    }
}
