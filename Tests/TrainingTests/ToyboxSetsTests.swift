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
                try (0..<40).first {
                    try toybox.sample(subject: $0, image: 0, size: 9).image == images[0].photo().image
                })
            #expect(!Toybox.isHeldOut(subject: subject))
            #expect(seen.insert(subject).inserted)
            for (place, image) in images.enumerated() {
                let sample = toybox.sample(subject: subject, image: place, size: 9)
                let photo = try image.photo()
                #expect(photo.image == sample.image && photo.mask == sample.mask)
                #expect(image.caption == sample.caption && image.identity == nil)
            }
        }
        #expect(seen == Set((0..<24).filter { !Toybox.isHeldOut(subject: $0) }))
        for index in 0..<4 {
            let images = try sets.heldOutImages(set: index, count: 2, width: 9, height: 9)
            let subject = try (0..<40).first {
                try toybox.sample(subject: $0, image: 0, size: 9).image == images[0].photo().image
            }
            #expect(try Toybox.isHeldOut(subject: #require(subject)))
        }
    }

    /// Toys of a pool come again with the same pictures, every toy once a round, and each picture says which it is.
    @Test func aPoolComesAgain() throws {
        let toybox = Toybox(seed: 3)
        let sets = ToyboxSets(seed: 3, pool: .init(subjects: 9, images: 5))
        var captions: [String: String] = [:]
        for round in 0..<3 {
            var subjects: Set<String> = []
            for place in 0..<9 {
                let images = try sets.images(set: 9 * round + place, count: 4, width: 8, height: 8)
                let names = try images.map {
                    try #require($0.identity).split(separator: "/").map(String.init)
                }
                #expect(Set(names.map { $0[1] }).count == 1 && Set(names.map { $0[2] }).count == 4)
                subjects.insert(names[0][1])
                for (image, name) in zip(images, names) {
                    let (subject, number) = (try #require(Int(name[1])), try #require(Int(name[2])))
                    #expect(!Toybox.isHeldOut(subject: subject) && number < 5)
                    let sample = toybox.sample(subject: subject, image: number, size: 8)
                    #expect(try image.photo().image == sample.image)
                    #expect(image.caption == sample.caption)
                    #expect(
                        captions.updateValue(image.caption, forKey: name.joined()) ?? image.caption
                            == image.caption)
                }
            }
            #expect(subjects.count == 9)
        }
        // More than there are of a toy: some twice.
        let many = try sets.images(set: 0, count: 7, width: 8, height: 8)
        #expect(Set(many.compactMap(\.identity)).count == 5)
    }

    /// The first pictures of each toy of a pool can be portraits, whose captions hardly ever speak of the view.
    @Test func aPoolHasPortraits() throws {
        let toybox = Toybox(seed: 3)
        let sets = ToyboxSets(seed: 3, pool: .init(subjects: 9, images: 4, portraits: 2))
        for place in 0..<9 {
            for image in try sets.images(set: place, count: 4, width: 8, height: 8) {
                let identity = try #require(image.identity)
                let name = identity.split(separator: "/").map(String.init)
                let (subject, number) = (try #require(Int(name[1])), try #require(Int(name[2])))
                #expect(identity.hasSuffix("/portrait") == (number < 2))
                let composition = toybox.composition(
                    subject: subject, image: number, view: number < 2 ? .portrait : .any)
                #expect(try image.photo().image == toybox.sample(composition, image: number, size: 8).image)
                #expect(image.caption == toybox.caption(composition, image: number))
                if number < 2 {
                    #expect(!image.caption.contains("seen") && !image.caption.contains("hidden"))
                }
            }
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
