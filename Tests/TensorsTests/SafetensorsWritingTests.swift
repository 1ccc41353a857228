import Foundation
import Tensors
import Testing

@Suite struct SafetensorsWritingTests {
    @Test(arguments: [[:], ["format": "pt", "a \"quoted\" key/with\nall": "😀"]])
    func roundTrip(_ metadata: [String: String]) throws {
        let temporary = TemporaryFile()
        let backend = CPUBackend()
        let full = PlainTensor(random: [3, 5, 7], seed: 1).tensor(on: backend)
        let half = PlainTensor(random: [11], seed: 2).parameter(.float16, on: backend).0.value
        let brain = PlainTensor(random: [2, 3], seed: 3).parameter(.bfloat16, on: backend).0.value
        let empty = Tensor(zeros: [0, 4], on: backend)
        let view = full[rows: 1..<3]
        let tensors = [("z", full), ("half", half), ("b.a", brain), ("e", empty), ("é", view)]
        try SafetensorsWriter.write(
            tensors.map { (name: $0.0, tensor: $0.1) }, metadata: metadata, to: temporary.path)
        let file = try SafetensorsFile(path: temporary.path)
        #expect(file.metadata == metadata)
        #expect(file.names == tensors.map(\.0).sorted())
        for (name, tensor) in tensors {
            let read = try file.tensor(name, on: backend)
            #expect(read.shape == tensor.shape && read.elementType == tensor.elementType, "\(name)")
            #expect(
                memcmp(read.rawPointer, tensor.rawPointer, tensor.count * tensor.elementType.size) == 0,
                "\(name)")
        }
        #expect(temporary.bytes[0] % 8 == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.folder).count == 1)
    }

    @Test func replacesAFileAsAWhole() throws {
        let temporary = TemporaryFile(Array(repeating: 0, count: 10_000))
        try SafetensorsWriter.write([], to: temporary.path)
        #expect(try SafetensorsFile(path: temporary.path).names == [])
        try SafetensorsWriter.write([], metadata: ["a": "b"], to: temporary.path)
        #expect(try SafetensorsFile(path: temporary.path).metadata == ["a": "b"])
    }

    /// A tensor that is a view of the file that is written anew.
    @Test func overwritesItsOwnSource() throws {
        let temporary = TemporaryFile()
        let backend = CPUBackend()
        let plain = PlainTensor(random: [1000], seed: 1)
        try SafetensorsWriter.write([("a", plain.tensor(on: backend))], to: temporary.path)
        let a = try SafetensorsFile(path: temporary.path).tensor("a", on: backend)
        try SafetensorsWriter.write([("b", a), ("c", a)], to: temporary.path)
        let c = try SafetensorsFile(path: temporary.path).tensor("c", on: backend)
        #expect(relativeError(c, plain) == 0 && relativeError(a, plain) == 0)
    }

    @Test func unwritable() throws {
        let temporary = TemporaryFile()
        let inside = temporary.folder + "/missing/a.safetensors"
        #expect(throws: SafetensorsError.unwritable(file: inside, reason: "No such file or directory")) {
            try SafetensorsWriter.write([], to: inside)
        }
        try FileManager.default.createDirectory(atPath: temporary.path, withIntermediateDirectories: false)
        #expect(throws: SafetensorsError.unwritable(file: temporary.path, reason: "Is a directory")) {
            try SafetensorsWriter.write([], to: temporary.path)
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: temporary.folder) == ["model.safetensors"])
    }
}
