import Foundation
import Images
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// Pictures come to the encoders as Pillow and transformers' processors bring them.
@Suite struct PreparationTests {
    @Test(arguments: ["23x17", "61x20", "90x47", "75x70", "61x47", "1x1", "5x61"])
    func bicubicIsPillows(_ size: String) throws {
        let sides = size.split(separator: "x").compactMap { Int($0) }
        let image = EvaluationGolden.picture("odd", 61, 47).resizedBicubic(width: sides[0], height: sides[1])
        let expected = try EvaluationGolden.tensors("pictures").bytes("bicubic/\(size)")
        #expect((image.width, image.height) == (sides[0], sides[1]))
        #expect(image.pixels == expected)
    }

    @Test(
        arguments: ["odd", "tall"],
        [
            ("clip-first", ImagePreparation.clip(side: 30)), ("clip-later", .clip(side: 33)),
            ("dino", .dino(side: 28)), ("dino-without-bias", .dino(side: 25)),
        ])
    func preparedPictures(_ name: String, _ encoder: (name: String, preparation: ImagePreparation)) throws {
        let picture =
            name == "odd" ? EvaluationGolden.picture("odd", 61, 47) : EvaluationGolden.picture("tall", 23, 58)
        let expected = try EvaluationGolden.tensors("pictures").floats("\(encoder.name)/\(name)")
        let prepared = encoder.preparation(picture)
        try #require(prepared.count == expected.count)
        // A level of 255 is 0.01 and more: no pixel is another one.
        #expect(zip(prepared, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func sizesOfTheRealEncoders() {
        #expect(
            (ImagePreparation.clip(side: 224).shorterSide, ImagePreparation.clip(side: 224).side) == (
                224, 224
            ))
        #expect(
            (ImagePreparation.dino(side: 224).shorterSide, ImagePreparation.dino(side: 224).side) == (
                256, 224
            ))
    }
}
