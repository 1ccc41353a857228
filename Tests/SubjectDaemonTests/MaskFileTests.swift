import Testing

@testable import SubjectDaemon

/// Masks beside a subject's photos, and how options name both.
@Suite struct MaskFileTests {
    private static let good = PhotoVerdict.usable(width: 9, height: 9)

    private func scene(_ names: String...) -> MachineScene {
        var scene = MachineScene()
        for name in names { scene.write(name) }
        scene.observe()
        scene.wait(2)
        for name in names { scene.judge(name, Self.good) }
        return scene
    }

    private func found(_ name: String, _ option: PromptOption, _ scene: MachineScene) -> String {
        switch scene.machine.picture(option, named: name, at: scene.now) {
        case .found(let file): file.name
        case .missing(let problem): problem
        }
    }

    @Test func aMaskIsLookedAtAndIsNoPhotoOfTheSubject() {
        var scene = MachineScene()
        for name in ["a.jpg", "mask.png", "2024/b.mask.png"] { scene.write(name) }
        scene.observe()
        scene.wait(2)
        let probed = scene.actions.map { action -> String in
            if case .probe(let name, _) = action { name } else { "\(action)" }
        }
        #expect(probed == ["2024/b.mask.png", "a.jpg", "mask.png"])
        for name in probed { scene.judge(name, Self.good) }
        #expect(scene.machine.usablePhotos.map(\.name) == ["a.jpg"])
        #expect(scene.machine.soundPictures.map(\.name) == ["2024/b.mask.png", "a.jpg", "mask.png"])
        scene.hash("mask.png")
        #expect(scene.machine.photoHashes == ["mask.png": "mask.png"])
    }

    /// Without a photo there is nothing to plan, however many masks there are.
    @Test func aMaskAloneIsNothingToMakeAPictureFrom() {
        var scene = scene("mask.png")
        scene.write("prompt.txt")
        scene.observe()
        scene.wait(2)
        scene.read("one")
        #expect(scene.actions.isEmpty)
        #expect(scene.machine.waitsForPhotos)
    }

    @Test func whatIsKnownOfAMaskIsRemembered() {
        let first = scene("mask.png")
        var scene = MachineScene(
            photos: [
                "mask.png": KnownPhoto(
                    fingerprint: first.fingerprint("mask.png"), verdict: Self.good, contentHash: "1")
            ])
        scene.files = first.files
        scene.observe()
        scene.wait(2)
        #expect(scene.actions.isEmpty)
        #expect(scene.machine.file("mask.png")?.contentHash == "1")
    }

    @Test func filesAreFoundByName() {
        let scene = scene("A.jpg", "b1.jpg", "b2.jpg", "mask.png", "x.mask.png")
        #expect(found("A.jpg", .start, scene) == "A.jpg")
        #expect(found("a.JPG", .start, scene) == "A.jpg")
        #expect(found("b2*", .start, scene) == "b2.jpg")
        #expect(found("mask.png", .mask, scene) == "mask.png")
        #expect(found("X.mask.png", .mask, scene) == "x.mask.png")
        #expect(found("b*.jpg", .start, scene) == "init is \"b*.jpg\", and b1.jpg, b2.jpg are; name one")
        #expect(
            found("c.jpg", .start, scene)
                == "no photo that can be used here is called \"c.jpg\"; there are A.jpg, b1.jpg, b2.jpg")
        #expect(found("mask.png", .start, scene).hasPrefix("no photo that can be used"))
        #expect(
            found("y.mask.png", .mask, scene)
                == "no mask that can be used here is called \"y.mask.png\"; there are mask.png, x.mask.png")
    }

    @Test func whatIsWrongWithTheFileThatIsMeantIsTold() {
        var scene = scene("a.jpg", "A.jpg")
        scene.judge("a.jpg", .rejected("it is broken"))
        #expect(found("a.jpg", .start, scene) == "the photo a.jpg cannot be used: it is broken")
        #expect(found("A.jpg", .start, scene) == "A.jpg")
        scene.write("old.tiff")
        scene.observe()
        #expect(
            found("old.tiff", .start, scene).hasPrefix("the photo old.tiff cannot be used: TIFF pictures"))
        #expect(
            found("mask.png", .mask, scene)
                == "no mask that can be used here is called \"mask.png\"; there is none")
    }

    @Test(
        arguments: [
            (400, 300, 400, 300, true), (400, 300, 4000, 3000, true), (400, 300, 4001, 3001, true),
            (133, 100, 4000, 3000, true), (400, 300, 300, 400, false), (128, 128, 400, 300, false),
            (400, 298, 4000, 3000, false),
        ] as [(Int, Int, Int, Int, Bool)])
    func aMaskHasItsPhotosProportions(width: Int, height: Int, photoWidth: Int, photoHeight: Int, fits: Bool)
    {
        let misfit = StartingPicture.misfit(
            mask: ("mask.png", width, height), photo: ("a.jpg", photoWidth, photoHeight))
        #expect((misfit == nil) == fits)
    }
}
