import Foundation
import Tensors
import Testing

@Suite struct SafetensorsReadingTests {
    /// From another program:
    ///
    ///     import base64, torch
    ///     from safetensors.torch import save
    ///     print(base64.b64encode(save({
    ///         "half": torch.tensor([0.5, -2.0, 65504.0], dtype=torch.float16),
    ///         "brain": torch.tensor([[1.0, -3.0]], dtype=torch.bfloat16),
    ///         "full": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    ///         "ids": torch.tensor([7], dtype=torch.int64),
    ///         "scalar": torch.tensor(2.5)}, {"format": "pt"})).decode())
    static let foreign = """
        SAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJpZHMiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzFdLCJkYXRh\
        X29mZnNldHMiOlswLDhdfSwiZnVsbCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbOCwzMl19LCJz\
        Y2FsYXIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzMyLDM2XX0sImJyYWluIjp7ImR0eXBlIjoiQkYx\
        NiIsInNoYXBlIjpbMSwyXSwiZGF0YV9vZmZzZXRzIjpbMzYsNDBdfSwiaGFsZiI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbM10sImRh\
        dGFfb2Zmc2V0cyI6WzQwLDQ2XX19ICAgBwAAAAAAAAAAAAAAAACAPwAAAEAAAEBAAACAQAAAoEAAACBAgD9AwAA4AMD/ew==
        """

    @Test func foreignFile() throws {
        let bytes = try #require(Data(base64Encoded: Self.foreign))
        let temporary = TemporaryFile(Array(bytes))
        let file = try SafetensorsFile(path: temporary.path)
        let backend = CPUBackend()
        #expect(file.names == ["brain", "full", "half", "ids", "scalar"])
        #expect(file.metadata == ["format": "pt"])
        #expect(file.shape(of: "full") == [2, 3])
        #expect(file.shape(of: "ids") == [1])
        #expect(file.shape(of: "absent") == nil)
        let full = try file.tensor("full", on: backend)
        #expect(full.shape == [2, 3] && full.elements == [0, 1, 2, 3, 4, 5])
        #expect(try file.tensor("scalar", on: backend).elements == [2.5])
        let half = try file.tensor("half", on: backend)
        #expect(half.elementType == .float16)
        let table = Parameter(name: "half", value: half.reshaped([3, 1]))
        #expect(table.rows([2, 0, 1]).elements == [65504, 0.5, -2])
        let brain = Parameter(name: "brain", value: try file.tensor("brain", on: backend))
        #expect(brain.rows([0]).elements == [1, -3])
        #expect(
            throws: SafetensorsError.unsupportedElementType(
                file: temporary.path, tensor: "ids", elementType: "I64")
        ) { try file.tensor("ids", on: backend) }
        #expect(throws: SafetensorsError.missingTensor(file: temporary.path, tensor: "absent")) {
            try file.tensor("absent", on: backend)
        }
    }

    /// Tensors are views: they keep the mapping, and outlive the file's name.
    @Test func tensorsOutliveTheFile() throws {
        var temporary: TemporaryFile? = TemporaryFile()
        let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        temporary?.overwrite(header: header + "  ", dataCount: 8)
        let tensor = try SafetensorsFile(path: temporary!.path).tensor("a", on: CPUBackend())
        temporary = nil
        #expect(tensor.storage.isFileBacked)
        #expect(tensor.elements.allSatisfy { $0.bitPattern == 0x3f3f_3f3f })
        tensor.storage.discardPages(0..<tensor.storage.byteCount)
        #expect(tensor.elements.allSatisfy { $0.bitPattern == 0x3f3f_3f3f })
    }

    /// Data need not start at a multiple of the element size.
    @Test(arguments: 0..<8)
    func headerOfAnyLength(_ blanks: Int) throws {
        let temporary = TemporaryFile()
        let header =
            #"{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]}}"#
        temporary.overwrite(header: header + String(repeating: " ", count: blanks), dataCount: 10)
        let file = try SafetensorsFile(path: temporary.path)
        let backend = CPUBackend()
        let a = Parameter(name: "a", value: try file.tensor("a", on: backend).reshaped([1, 1]))
        #expect(a.rows([0]).elements.map(\.bitPattern) == [0x3f3f_0000])
        let b = try file.tensor("b", on: backend)
        #expect(b.elements.map(\.bitPattern) == [0x3f3f_3f3f, 0x3f3f_3f3f])
    }

    @Test func oddNames() throws {
        let temporary = TemporaryFile()
        let names = [
            "", " ", "__metadata__x", "a\"b\\c/d", "é\u{1f600}\n\t\u{8}\u{c}\r", "data_offsets", "dtype",
        ]
        var header: [String] = [#""__metadata__" : {"\u00e9\ud83d\ude00":"\/\b\f\n\r\t\"\\", "dtype":""}"#]
        for (index, name) in names.enumerated() {
            let quoted = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
            header.append(
                "\(quoted) :\t{ \"shape\" : [ 1 , 1 ] ,\n\"data_offsets\":[\(4 * index),\(4 * index + 4)],\r\"dtype\":\"F32\"}"
            )
        }
        temporary.overwrite(
            header: " { " + header.joined(separator: " , ") + " } ", dataCount: 4 * names.count)
        let file = try SafetensorsFile(path: temporary.path)
        #expect(file.names == names.sorted())
        #expect(file.metadata == ["é😀": "/\u{8}\u{c}\n\r\t\"\\", "dtype": ""])
    }

    @Test func emptyTensors() throws {
        let temporary = TemporaryFile()
        let header =
            #"{"b":{"dtype":"F32","shape":[0,3],"data_offsets":[4,4]},"#
            + #""a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"#
            + #""c":{"dtype":"F16","shape":[5,0],"data_offsets":[4,4]}}"#
        temporary.overwrite(header: header, dataCount: 4)
        let file = try SafetensorsFile(path: temporary.path)
        #expect(try file.tensor("b", on: CPUBackend()).shape == [0, 3])
        temporary.overwrite(header: "{}", dataCount: 0)
        #expect(try SafetensorsFile(path: temporary.path).names == [])
    }

    /// Opening reads no data: a file of 64 GiB opens as fast as its header.
    @Test func openingIsCheap() throws {
        let temporary = TemporaryFile()
        let (tensors, rows) = (1200, 14_000_000)
        let header = (0..<tensors).map {
            "\"model.blocks.\($0).weight\":{\"dtype\":\"F32\",\"shape\":[\(rows)],"
                + "\"data_offsets\":[\(4 * rows * $0),\(4 * rows * ($0 + 1))]}"
        }
        temporary.overwrite(header: "{" + header.joined(separator: ",") + "}", dataCount: 0)
        let start = temporary.bytes.count
        #expect(truncate(temporary.path, off_t(start + 4 * rows * tensors)) == 0)
        let file = try SafetensorsFile(path: temporary.path)
        #expect(file.names.count == tensors)
        let last = try file.tensor("model.blocks.1199.weight", on: CPUBackend())
        #expect(last.count == rows && last.floats[rows - 1] == 0)
    }
}
