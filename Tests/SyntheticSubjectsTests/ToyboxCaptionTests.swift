import Testing

@testable import SyntheticSubjects

@Suite struct ToyboxCaptionTests {
    @Test func captionsNameKindAndSceneInVariedWords() {
        let toybox = Toybox(seed: 3)
        var captions: Set<String> = []
        for subject in 0..<400 {
            let composition = toybox.composition(subject: subject, image: subject % 7)
            var random = ToyboxRandom(3, subject, purpose: .caption)
            let caption = ToyboxCaption.varied(composition, &random)
            #expect(caption.contains(composition.identity.kind.noun), "\(caption)")
            #expect(caption.contains(composition.scene.noun), "\(caption)")
            #expect(caption == caption.lowercased() && !caption.contains("  "))
            captions.insert(caption)
        }
        #expect(captions.count > 330)
        #expect(captions.contains { $0.contains("striped") } && captions.contains { $0.contains(" red ") })
        #expect(captions.contains { $0.contains("seen from") } && captions.contains { $0.contains("light") })
    }

    @Test func everyWordingOfAPlaceNamesTheSceneAndNoOther() {
        for scene in ToyboxScene.allCases {
            for place in [scene.place] + scene.otherPlaces {
                let words = Set(place.split(separator: " ").map(String.init))
                #expect(place.contains(scene.noun), "\(place)")
                for other in ToyboxScene.allCases where other != scene {
                    #expect(!words.contains(other.noun), "\(place) names \(other)")
                }
            }
        }
    }

    @Test func thePlainCaptionIsTheTemplate() {
        let toybox = Toybox(seed: 3)
        func plain(_ kind: ToyboxKind, _ scene: ToyboxScene) -> String {
            ToyboxCaption.plain(toybox.composition(subject: 0, image: 0, kind: kind, scene: scene))
        }
        #expect(plain(.cat, .snow) == "a photo of the cat in the snow")
        #expect(plain(.train, .forest) == "a photo of the train in the forest")
        #expect(plain(.mug, .beach) == "a photo of the mug on the beach")
    }
}
