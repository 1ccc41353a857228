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

    /// A caption that says nothing of the view is a portrait's or one from the front, nearly always.
    @Test func captionsSayWhenTheViewIsUnusual() {
        let toybox = Toybox(seed: 3)
        func saysView(_ view: ToyboxView, _ change: (inout ToyboxComposition) -> Void = { _ in }) -> Int {
            (0..<200).count { subject in
                var composition = toybox.composition(subject: subject, image: 0, view: view)
                change(&composition)
                var random = ToyboxRandom(3, subject, purpose: .caption)
                let caption = ToyboxCaption.varied(composition, &random)
                return ["seen", "half hidden", "looking to"].contains { caption.contains($0) }
            }
        }
        #expect(saysView(.portrait) == 0)
        #expect(saysView(.portrait) { $0.yaw = 0.45 } > 160)
        #expect(saysView(.portrait) { $0.yaw = -0.1 } > 160)
        #expect(saysView(.portrait) { $0.isOccluded = true } > 160)
        #expect(saysView(.portrait) { $0.size = 1.1 } > 160)
        #expect((20..<140).contains(saysView(.portrait) { $0.yaw = 0 }))
    }

    /// A portrait is the same picture, taken otherwise.
    @Test func portraitsKeepTheScene() {
        let toybox = Toybox(seed: 3)
        for subject in 0..<100 {
            let plain = toybox.composition(subject: subject, image: 2)
            let portrait = toybox.composition(subject: subject, image: 2, view: .portrait)
            #expect(portrait.identity == plain.identity && portrait.scene == plain.scene)
            #expect(portrait.light == plain.light && !portrait.isOccluded && portrait.size < 0.9)
            #expect(ToyboxComposition.portraitYaw.contains(portrait.yaw))
        }
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
