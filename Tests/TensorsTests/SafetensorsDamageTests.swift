import Foundation
import Tensors
import Testing

/// Files that are not what they say: each is refused with a typed error that names the file.
@Suite struct SafetensorsDamageTests {
    /// A header with the given entry for tensor "b", after a sound tensor "a" of 8 bytes.
    static func header(b entry: String) -> String {
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":\#(entry)}"#
    }

    static let liesAboutB = [
        "offsets that go backwards": #"{"dtype":"F32","shape":[2],"data_offsets":[16,8]}"#,
        "negative offsets": #"{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}"#,
        "a negative end": #"{"dtype":"F32","shape":[2],"data_offsets":[8,-16]}"#,
        "extreme offsets":
            #"{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,9223372036854775807]}"#,
        "offsets near the top":
            #"{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}"#,
        "one offset": #"{"dtype":"F32","shape":[2],"data_offsets":[8]}"#,
        "no offsets": #"{"dtype":"F32","shape":[2],"data_offsets":[]}"#,
        "three offsets": #"{"dtype":"F32","shape":[2],"data_offsets":[8,16,16]}"#,
        "an offset beyond 64 bits": #"{"dtype":"F32","shape":[2],"data_offsets":[8,18446744073709551624]}"#,
        "a fraction": #"{"dtype":"F32","shape":[2.0],"data_offsets":[8,16]}"#,
        "an exponent": #"{"dtype":"F32","shape":[2e0],"data_offsets":[8,16]}"#,
        "an overlap": #"{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#,
        "the same bytes": #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#,
        "a hole": #"{"dtype":"F32","shape":[1],"data_offsets":[12,16]}"#,
        "too large a shape": #"{"dtype":"F32","shape":[3],"data_offsets":[8,16]}"#,
        "too small a shape": #"{"dtype":"F32","shape":[1],"data_offsets":[8,16]}"#,
        "a shape for another type": #"{"dtype":"F16","shape":[2],"data_offsets":[8,16]}"#,
        "a negative extent": #"{"dtype":"F32","shape":[-2],"data_offsets":[8,16]}"#,
        "two negative extents": #"{"dtype":"F32","shape":[-2,-1],"data_offsets":[8,16]}"#,
        "an overflowing shape": #"{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[8,8]}"#,
        "a shape that overflows to the right size":
            #"{"dtype":"F32","shape":[4611686018427387904,2,4611686018427387904,2],"data_offsets":[8,8]}"#,
        "an overflowing product beside a zero":
            #"{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[8,8]}"#,
        "no type": #"{"shape":[2],"data_offsets":[8,16]}"#,
        "no shape": #"{"dtype":"F32","data_offsets":[8,16]}"#,
        "no offsets at all": #"{"dtype":"F32","shape":[2]}"#,
        "an unknown field": #"{"dtype":"F32","shape":[2],"data_offsets":[8,16],"x":1}"#,
        "a field twice": #"{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[8,16]}"#,
        "a type that is a number": #"{"dtype":32,"shape":[2],"data_offsets":[8,16]}"#,
        "a shape that is a number": #"{"dtype":"F32","shape":2,"data_offsets":[8,16]}"#,
        "a shape of strings": #"{"dtype":"F32","shape":["2"],"data_offsets":[8,16]}"#,
        "null": "null",
        "a list": "[]",
        "an unended object": #"{"dtype":"F32""#,
    ]

    @Test(arguments: liesAboutB.keys.sorted())
    func lie(_ name: String) throws {
        let temporary = TemporaryFile()
        temporary.overwrite(header: Self.header(b: try #require(Self.liesAboutB[name])), dataCount: 8 + 8)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        guard case .malformedTensor(temporary.path, let tensor, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // Of two tensors with the same bytes, either may be the one that overlaps.
        #expect(tensor == "b" || name == "the same bytes" || name == "negative offsets")
        #expect(error?.description.contains("'\(tensor)'") == true)
    }

    @Test func unknownType() {
        let temporary = TemporaryFile()
        temporary.overwrite(
            header: Self.header(b: #"{"dtype":"F31","shape":[2],"data_offsets":[8,16]}"#), dataCount: 16)
        #expect(
            throws: SafetensorsError.unsupportedElementType(
                file: temporary.path, tensor: "b", elementType: "F31")
        ) { try SafetensorsFile(path: temporary.path) }
    }

    @Test func duplicateTensor() {
        let temporary = TemporaryFile()
        let a = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#
        temporary.overwrite(header: "{\(a),\(a)}", dataCount: 8)
        #expect(
            throws: SafetensorsError.malformedTensor(
                file: temporary.path, tensor: "a", reason: "it appears twice")
        ) { try SafetensorsFile(path: temporary.path) }
    }

    static let malformedHeaders = [
        "  ", "[]", "null", "{", "{}}", "{} x", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"__metadata__":null}"#,
        #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":{"a":"b","a":"c"}}"#, #"{"__metadata__":{"a":"b"}"#,
        #"{"__metadata__":{},"__metadata__":{}}"#, #"{"\ud800":{}}"#, #"{"\ud800\u0041":{}}"#,
        #"{"\udc00":{}}"#,
        #"{"\x":{}}"#, #"{"\u12"#, #"{"\"#, #"{"\u00zz":{}}"#, "{\"\n\":{}}", #"{"a"#, "'a'",
        "\u{feff}{}", "not JSON at all", "\u{0}\u{0}",
        String(repeating: #"{"a":"#, count: 100_000), String(repeating: "[", count: 100_000),
    ]

    @Test(arguments: malformedHeaders.indices)
    func malformedHeader(_ index: Int) {
        let temporary = TemporaryFile()
        temporary.overwrite(header: Self.malformedHeaders[index], dataCount: 0)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        switch error {
        case .malformedHeader(temporary.path, _), .malformedTensor(temporary.path, "a", _): break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test func invalidText() {
        let header: [UInt8] = Array("{\"".utf8) + [0xff, 0xc0] + Array("\":{}}".utf8)
        let temporary = TemporaryFile([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        #expect(error?.description.contains("UTF-8") == true)
    }

    @Test func aPointerOfGitLFSIsNamedAsOne() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        let temporary = TemporaryFile(Array(text.utf8))
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        #expect(error?.description.contains("git lfs pull") == true)
    }

    @Test(arguments: [UInt64(0), 1, 1 << 20, 64 << 20, 64 << 20 + 1, 1 << 62, 1 << 63, .max])
    func headerLength(_ length: UInt64) {
        let temporary = TemporaryFile()
        temporary.overwrite(header: Self.header(b: Self.soundB), dataCount: 16)
        let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + temporary.bytes.dropFirst(8)
        temporary.overwrite(bytes)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        #expect(error?.description.contains(temporary.path) == true)
    }

    static let soundB = #"{"dtype":"F32","shape":[2],"data_offsets":[8,16]}"#

    @Test func truncatedAnywhere() throws {
        let temporary = TemporaryFile()
        temporary.overwrite(header: Self.header(b: Self.soundB), dataCount: 16)
        let whole = temporary.bytes
        _ = try SafetensorsFile(path: temporary.path)
        for count in 0..<whole.count {
            temporary.overwrite(Array(whole[..<count]))
            let error = #expect(throws: SafetensorsError.self, "\(count) bytes") {
                try SafetensorsFile(path: temporary.path)
            }
            guard case .truncated(temporary.path, let expected, count) = error else {
                Issue.record("\(count) bytes: \(String(describing: error))")
                continue
            }
            #expect(expected > count && expected <= whole.count)
        }
        temporary.overwrite(whole + [0])
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: temporary.path) }
        #expect(error?.description.contains("1 bytes after its last tensor") == true)
    }

    /// A thousand changes of one byte and three thousand of several: a file is refused or is sound.
    @Test func mutations() throws {
        let temporary = TemporaryFile()
        temporary.overwrite(
            header: #"{"__metadata__":{"k":"\u00e9"},"# + Self.header(b: Self.soundB).dropFirst(),
            dataCount: 16)
        let whole = temporary.bytes
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        var generator = SplitMix64(state: 1)
        let interesting = Array(#"{}[]",:-0123456789eE.\u FBI"#.utf8)
        var refused = 0
        for round in 0..<4000 {
            var bytes = whole
            for _ in 0..<(round < 1000 ? 1 : Int.random(in: 1...6, using: &generator)) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes[position] = interesting.randomElement(using: &generator) ?? 0
                case 2: bytes.remove(at: position)
                default: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: position)
                }
            }
            temporary.overwrite(bytes)
            do {
                let file = try SafetensorsFile(path: temporary.path)
                for name in file.names {
                    let shape = try #require(file.shape(of: name))
                    guard let tensor = try? file.tensor(name, on: backend) else { continue }
                    #expect(tensor.shape == shape && tensor.count <= 8)
                    let end = tensor.byteOffset + tensor.count * tensor.elementType.size
                    #expect(end <= tensor.storage.byteCount)
                }
            } catch {
                refused += 1
                #expect(error is SafetensorsError && "\(error)".contains(temporary.path), "\(error)")
            }
        }
        #expect(refused > 2000 && refused < 4000)
    }

    @Test func notAFile() {
        let temporary = TemporaryFile()
        for (path, reason) in [
            (temporary.path, "No such file or directory"), (temporary.folder, "it is not a regular file"),
            ("/dev/null", "it is not a regular file"),
            (temporary.folder + "/a/b", "No such file or directory"),
            (temporary.folder + "/" + String(repeating: "n", count: 300), "File name too long"),
        ] {
            #expect(throws: SafetensorsError.unreadable(file: path, reason: reason)) {
                try SafetensorsFile(path: path)
            }
        }
        #expect(mkfifo(temporary.path, 0o600) == 0)
        #expect(throws: SafetensorsError.unreadable(file: temporary.path, reason: "it is not a regular file"))
        {
            try SafetensorsFile(path: temporary.path)
        }
    }

    @Test(.enabled(if: geteuid() != 0, "everything is permitted to root"))
    func noPermission() {
        let temporary = TemporaryFile([0, 0])
        #expect(chmod(temporary.path, 0) == 0)
        #expect(throws: SafetensorsError.unreadable(file: temporary.path, reason: "Permission denied")) {
            try SafetensorsFile(path: temporary.path)
        }
    }
}
