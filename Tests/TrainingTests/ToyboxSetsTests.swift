import SyntheticSubjects
import Testing
import Training

@Suite struct ToyboxSetsTests {
    @Test func everySetIsAToyOfItsOwnAndNoneIsHeldOut() throws {
        let (sets, toybox) = (ToyboxSets(seed: 3), Toybox(seed: 3))
        var seen: Set<Int> = []
        for index in 0..<21 {
            let images = try sets.images(set: index, count: 3, width: 9, height: 9)
            let subject = try #require(
                (0..<40).first { toybox.sample(subject: $0, image: 0, size: 9).image == images[0].image })
            #expect(!Toybox.isHeldOut(subject: subject))
            #expect(seen.insert(subject).inserted)
            for (place, image) in images.enumerated() {
                let sample = toybox.sample(subject: subject, image: place, size: 9)
                #expect(image.image == sample.image && image.mask == sample.mask)
                #expect(image.caption == sample.caption && image.identity == nil)
            }
        }
        #expect(seen == Set((0..<24).filter { !Toybox.isHeldOut(subject: $0) }))
        for index in 0..<4 {
            let images = try sets.heldOutImages(set: index, count: 2, width: 9, height: 9)
            let subject = (0..<40).first {
                toybox.sample(subject: $0, image: 0, size: 9).image == images[0].image
            }
            #expect(try Toybox.isHeldOut(subject: #require(subject)))
        }
    }

    @Test func aConfigurationNamesThem() throws {
        #expect(try SubjectSource.open("toybox", seed: 0) is ToyboxSets)
        #expect(throws: TrainingError.self) { try SubjectSource.open("./toybox-that-is-not-there", seed: 0) }
        #expect(throws: TrainingError.self) {
            try ToyboxSets(seed: 0).images(set: 0, count: 1, width: 8, height: 9)
        }
    }
}
