import Foundation
import Testing

@testable import Evaluation

/// Folders of subjects and of pictures, and what is wrong with them.
@Suite struct SubjectFolderTests {
    private let photo = EvaluationGolden.picture("photo", 20, 18)
    private let prompts = ["a {class}"]

    private func list(_ scene: EvaluationScene, classes: String = "") throws -> EvaluationPrompts {
        try EvaluationPrompts(text: "a {class}\n", file: scene.path("prompts.txt"))
    }

    @Test func plainFoldersWithSettings() throws {
        try EvaluationScene.with { scene in
            for name in ["rex/b.png", "rex/a.PNG", "mug/1.png", ".hidden/1.png"] {
                try scene.write(photo, to: "subjects/\(name)")
            }
            try scene.write("class: big dog\nguidance: 3\n", to: "subjects/rex/subject.yaml")
            try scene.write("class: mug\n", to: "subjects/mug/subject.yaml")
            try scene.write("remember the milk", to: "subjects/rex/notes.txt")
            let subjects = try SubjectFolder.subjects(in: scene.path("subjects"), prompts: list(scene))
            #expect(subjects.map(\.name) == ["mug", "rex"])
            #expect(subjects.map(\.noun) == ["mug", "big dog"])
            #expect(
                subjects[1].photos
                    == ["a.PNG", "b.png"].map {
                        MaskedFile(path: scene.path("subjects/rex/\($0)"), mask: nil)
                    })
            let only = try SubjectFolder.subjects(
                in: scene.path("subjects"), only: ["rex"], prompts: list(scene))
            #expect(only == [subjects[1]])
            #expect(
                throws: EvaluationError.unknownSubjects(
                    names: ["max"], folder: scene.path("subjects"), known: ["mug", "rex"])
            ) {
                try SubjectFolder.subjects(
                    in: scene.path("subjects"), only: ["max", "rex"], prompts: list(scene))
            }
        }
    }

    /// The classes stand in the list beside the subjects; a subject.yaml goes before it.
    @Test func dreamBench() throws {
        try EvaluationScene.with { scene in
            try scene.write(PromptTests.dreamBench, to: "dataset/prompts_and_classes.txt")
            try scene.write(photo, to: "dataset/dog6/00.png")
            try scene.write(photo, to: "dataset/bear_plushie/00.png")
            let file = scene.path("dataset/prompts_and_classes.txt")
            for prompts in [try EvaluationPrompts(file: file), try list(scene)] {
                let subjects = try SubjectFolder.subjects(in: scene.path("dataset"), prompts: prompts)
                #expect(subjects.map(\.noun) == ["stuffed animal", "dog"])
            }
            try scene.write("class_noun: puppy\n", to: "dataset/dog6/subject.yaml")
            let subjects = try SubjectFolder.subjects(in: scene.path("dataset"), prompts: list(scene))
            #expect(subjects.map(\.noun) == ["stuffed animal", "puppy"])
        }
    }

    @Test func toyboxMasks() throws {
        try EvaluationScene.with { scene in
            for name in ["photo1", "photo2"] { try scene.write(photo, to: "toys/cat/\(name).png") }
            try scene.write("class: cat\n", to: "toys/cat/subject.yaml")
            let line = { (number: Int) in
                #"{"image": "photo\#(number).png", "caption": "c", "mask": ".toybox/mask\#(number).png"}"#
                    + "\n"
            }
            try scene.write(line(1) + line(2), to: "toys/cat/.toybox/manifest.jsonl")
            let subjects = try SubjectFolder.subjects(in: scene.path("toys"), prompts: list(scene))
            #expect(
                subjects[0].photos.map(\.mask)
                    == [scene.path("toys/cat/.toybox/mask1.png"), scene.path("toys/cat/.toybox/mask2.png")])
            try scene.write(line(1), to: "toys/cat/.toybox/manifest.jsonl")
            #expect(
                throws: EvaluationError.missingMask(
                    file: scene.path("toys/cat/photo2.png"), mask: scene.path("toys/cat/masks/photo2.png"))
            ) { try SubjectFolder.subjects(in: scene.path("toys"), prompts: list(scene)) }
            try scene.write(line(1) + "{}\n", to: "toys/cat/.toybox/manifest.jsonl")
            let error = #expect(throws: EvaluationError.self) {
                try SubjectFolder.subjects(in: scene.path("toys"), prompts: list(scene))
            }
            #expect(error?.description.contains("manifest.jsonl, line 2: ") == true)
        }
    }

    @Test func whatIsMissing() throws {
        try EvaluationScene.with { scene in
            let subjects = { try SubjectFolder.subjects(in: scene.path("subjects"), prompts: list(scene)) }
            let absent = EvaluationError.unreadable(
                path: scene.path("subjects"), reason: "No such file or directory")
            #expect(throws: absent) { try subjects() }
            #expect(throws: absent) { try EvaluationPrompts.read(nil, subjects: scene.path("subjects")) }
            try scene.write("", to: "subjects/notes.txt")
            #expect(throws: EvaluationError.noSubjects(folder: scene.path("subjects"))) { try subjects() }
            #expect(
                throws: EvaluationError.noPromptFile(
                    folder: scene.path("subjects"), name: "prompts_and_classes.txt")
            ) { try EvaluationPrompts.read(nil, subjects: scene.path("subjects")) }
            try scene.write("", to: "subjects/rex/notes.txt")
            #expect(throws: EvaluationError.noPhotos(folder: scene.path("subjects/rex"))) { try subjects() }
            try scene.write(photo, to: "subjects/rex/1.png")
            #expect(throws: EvaluationError.noClass(subject: scene.path("subjects/rex"))) { try subjects() }
            for settings in ["class: [a, b]\n", "class: ''\n", "class: {\n"] {
                try scene.write(settings, to: "subjects/rex/subject.yaml")
                let error = #expect(throws: EvaluationError.self) { try subjects() }
                #expect(error?.description.hasPrefix(scene.path("subjects/rex/subject.yaml: ")) == true)
            }
        }
    }

    @Test func picturesOfOtherPrograms() throws {
        try EvaluationScene.with { scene in
            let find = { try PictureFolder.find(subject: "rex", in: scene.path("made"), prompts: 11) }
            for name in ["11-b.jpg", "3.png"] { try scene.write(photo, to: "made/rex/\(name)") }
            #expect(
                throws: EvaluationError.missingPictures(
                    folder: scene.path("made/rex"),
                    names: ["01", "02", "04", "05", "06", "07", "08", "09", "10"])
            ) { try find() }
            for number in 1...10 { try scene.write(photo, to: "made/rex/\(number)-a.png") }
            try scene.write(photo, to: "made/rex/masks/unused.png")
            #expect(try find().map(\.number) == [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11])
            for name in ["12.png", "0.png", "beach.png"] {
                try scene.write(photo, to: "made/rex/\(name)")
                #expect(
                    throws: EvaluationError.unnumberedPicture(
                        file: scene.path("made/rex/\(name)"), prompts: 11)
                ) { try find() }
                try FileManager.default.removeItem(atPath: scene.path("made/rex/\(name)"))
            }
        }
    }
}
