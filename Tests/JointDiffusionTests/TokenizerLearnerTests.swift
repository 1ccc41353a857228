import Foundation
import Testing

import JointDiffusion

@Suite struct TokenizerLearnerTests {
    private func tokenizer(_ texts: [String], maximumMerges: Int = 1000) throws -> CLIPTokenizer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let count = try TokenizerLearner(texts, maximumMerges: maximumMerges).write(
            to: folder.path, maximumLength: 9)
        let tokenizer = try CLIPTokenizer(directory: folder)
        #expect(tokenizer.vocabularySize == count)
        #expect(tokenizer.beginID == count - 2 && tokenizer.endID == count - 1)
        return tokenizer
    }

    /// Every word of the texts is one token, two words are two, and others are spelt.
    @Test func words() throws {
        let tokenizer = try tokenizer(["A photo of the cat, standing", "the cats on a mat", "l\u{f6}we"])
        let words = ["a", "photo", "of", "the", "cat", ",", "standing", "cats", "on", "mat", "l\u{f6}we"]
        let ids = words.map(tokenizer.tokenIDs)
        #expect(ids.allSatisfy { $0.count == 1 })
        #expect(Set(ids).count == words.count)
        #expect(tokenizer.tokenIDs("The CAT on a mat") == [3, 4, 8, 0, 9].flatMap { ids[$0] })
        #expect(tokenizer.tokenIDs("dog").count == 3)
        let encoded = tokenizer.encode("the cat")
        #expect(encoded.count == 9 && encoded.first == tokenizer.beginID && encoded.last == tokenizer.endID)
    }

    /// The most frequent pairs first; the same from the same texts.
    @Test func merges() throws {
        let texts = ["ab ab ab cd", "cd abc"]
        let learner = TokenizerLearner(texts, maximumMerges: 2)
        #expect(
            learner.merges.map(\.left) == ["a", "c"] && learner.merges.map(\.right) == ["b</w>", "d</w>"])
        #expect(try tokenizer(texts, maximumMerges: 2).tokenIDs("abc").count == 3)
        #expect(TokenizerLearner([], maximumMerges: 5).merges.isEmpty)
    }
}
