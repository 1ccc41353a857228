import CKernels
import Glibc

/// Which parts of the processor a backend uses.
///
/// The environment can mask features, so that every path can be tried on one machine:
/// `JEDI_CPU=reference|generic|avx2|avx512` bounds the instruction set of the kernels, and of oneDNN for the
/// whole process (`avx512` leaves out AMX); `JEDI_ONEDNN=0` leaves all products and convolutions to OpenBLAS, which knows its own
/// variable, `OPENBLAS_CORETYPE`; `JEDI_WINOGRAD=0` computes all convolutions directly.
public struct CPUConfiguration: Sendable, Equatable {
    /// At least 1; the number of threads that compute at the same time.
    public var threads: Int
    public var instructionSet: InstructionSet
    public var usesOneDNN: Bool
    /// Whether convolutions that gain by it are computed by minimal filtering.
    public var usesWinograd: Bool
    /// Of products and of what is kept of weights.
    public var precision: Precision
    /// Whether 16-bit integers may stand in for the precision. Where the processor and oneDNN lack it (`supports(_:)`) weights are then
    /// kept as integers of as many bits, and multiplied with those of 16; otherwise all that is multiplied is rounded to it, as it
    /// would be where they have it, which saves nothing. Where they have it tiles of convolutions are then integers, if that is faster.
    public var narrows: Bool

    public init(
        threads: Int? = nil, instructionSet: InstructionSet? = nil, usesOneDNN: Bool? = nil,
        usesWinograd: Bool? = nil, precision: Precision = .float32, narrows: Bool = false
    ) {
        self.precision = precision
        self.narrows = narrows
        self.threads = max(1, threads ?? Self.availableProcessors)
        let best = InstructionSet.detected
        self.instructionSet = min(instructionSet ?? Self.maskedInstructionSet ?? best, best)
        self.usesOneDNN = usesOneDNN ?? (Self.environment("JEDI_ONEDNN") != "0")
        self.usesWinograd = usesWinograd ?? (Self.environment("JEDI_WINOGRAD") != "0")
    }

    /// Whether products run in that precision here: bfloat16 needs AVX-512 BF16, int8 AVX-512 VNNI, and both oneDNN.
    public func supports(_ precision: Precision) -> Bool {
        let hasVectors = usesOneDNN && instructionSet == .avx512 && Self.hasOneDNN
        return switch precision {
        case .float32: true
        case .bfloat16: hasVectors && ck_detect_bfloat16()
        case .int8: hasVectors && ck_detect_int8()
        }
    }

    /// What products are in with a parameter that bears no coarser precision than that.
    public func precision(bearing coarsest: Precision) -> Precision {
        let bounded = precision.bounded(by: coarsest)
        // A processor that multiplies bytes and not bfloat16 need not round to that by hand what float32 does better.
        let lacks =
            !narrows && bounded == .bfloat16 && precision == .int8 && supports(.int8)
            && !supports(.bfloat16)
        return lacks ? .float32 : bounded
    }

    /// Whether weights that bear that precision are kept as integers of as many bits, or more, and multiplied with those of 16.
    public func keepsNarrow(bearing coarsest: Precision) -> Bool {
        let precision = precision(bearing: coarsest)
        return narrows && precision != .float32 && !supports(precision)
    }

    /// What convolutions of 3x3 that bear that precision multiply at the points of tiles with `side`² outputs; nil where they are
    /// better computed directly.
    func winogradFactors(bearing coarsest: Precision, side: Int) -> ck_weights? {
        guard usesWinograd else { return nil }
        let precision = precision(bearing: coarsest)
        if precision == .float32 { return CK_FLOATS }
        if keepsNarrow(bearing: coarsest) { return CK_WORDS }
        // AVX-512 VNNI multiplies words as fast as bfloat16, and half as fast as bytes, of which tiles of four by four save three
        // quarters and those of two by two half. AMX multiplies faster than that.
        guard narrows, instructionSet == .avx512, ck_detect_int8(), !usesTiles else { return nil }
        return precision == .bfloat16 || side == 4 ? CK_WORDS : nil
    }

    /// Bytes of a weight of such convolutions at a point of such tiles; nil where they are computed directly.
    public func bytesInTiles(bearing coarsest: Precision, side: Int) -> Int? {
        winogradFactors(bearing: coarsest, side: side)?.size
    }

    /// Whether 16-bit integers stand in for a precision anywhere; numbers differ then.
    public var usesIntegers: Bool {
        [.bfloat16, .int8].contains {
            keepsNarrow(bearing: $0) || winogradFactors(bearing: $0, side: 4) == CK_WORDS
        }
    }

    /// Whether bytes are multiplied by own kernels, which round what comes in and scale what comes out on the way, rather than by
    /// oneDNN's, which have AMX.
    var multipliesBytes: Bool { narrows && supports(.int8) && !usesTiles }

    /// Whether pictures take less time in that precision than in float32.
    public func isFaster(_ precision: Precision) -> Bool {
        if supports(precision) { return precision != .float32 }
        // A pair of 16 bits is multiplied in the time of one float32 number, but to add it takes an instruction of its own,
        // for which vectors of AVX-512 have no room unless it is the same one.
        return narrows && (instructionSet == .avx2 || instructionSet == .avx512 && ck_detect_int8())
    }

    /// What attention rounds its factors to: 16-bit integers where weights are such, bfloat16 where that is faster or where rounding
    /// is to be seen. Maxima and totals stay float32. A text encoder's, which is causal, never does.
    var attentionFactors: ck_weights {
        if precision == .float32 { return CK_FLOATS }
        if keepsNarrow(bearing: .bfloat16) { return CK_WORDS }
        var context = kernelContext
        return !supports(precision) || ck_bfloat16_attention_pays(&context) ? CK_BFLOATS : CK_FLOATS
    }

    /// What attention to `manyTokens` or more rounds its factors to, if it bears int8: bytes where it else were bfloat16 and weights
    /// are multiplied with bytes.
    var attentionFactorsOfMany: ck_weights {
        var context = kernelContext
        let bytes = precision == .int8 && multipliesBytes && ck_attention_multiplies_bytes(&context)
        return bytes && attentionFactors == CK_BFLOATS ? CK_QUADS : attentionFactors
    }

    /// Of 128 tokens those are lost in bytes that count for less than a 512th of the largest among them, at most a fifth of what the
    /// 128 count for. Of a caption that may be all words but one; among so many tokens there are others.
    static let manyTokens = 1024

    /// Whether keys and values that are kept for other passes are bfloat16.
    public var keepsHalf: Bool { attentionFactors != CK_FLOATS }

    /// What kernels are told.
    var kernelContext: ck_context {
        ck_context(threads: Int32(threads), isa: instructionSet.kernelVersion, tiles: usesTiles)
    }

    /// Whether the kernels may use AMX.
    var usesTiles: Bool {
        instructionSet == .avx512 && Self.maskedInstructionSet == nil && ck_detect_tiles()
    }

    /// Whether this program was built with oneDNN.
    public static var hasOneDNN: Bool {
        #if canImport(COneDNN)
            true
        #else
            false
        #endif
    }

    /// Processors this process may run on (its affinity mask), not those the machine has.
    public static var availableProcessors: Int { Int(ck_available_processors()) }

    /// What `JEDI_CPU` says, if that is no instruction set; it is then disregarded.
    public static var unknownMask: String? {
        environment("JEDI_CPU").flatMap { $0.isEmpty || InstructionSet(rawValue: $0) != nil ? nil : $0 }
    }

    /// What `JEDI_CPU` asks for.
    static var maskedInstructionSet: InstructionSet? {
        environment("JEDI_CPU").flatMap(InstructionSet.init(rawValue:))
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Versions of the kernels, from the scalar reference up.
    public enum InstructionSet: String, Sendable, CaseIterable, Comparable {
        case reference, generic, avx2, avx512

        /// The best that this processor offers.
        public static var detected: InstructionSet {
            switch ck_detect_isa() {
            case CK_AVX512: .avx512
            case CK_AVX2: .avx2
            default: .generic
            }
        }

        public static func < (a: Self, b: Self) -> Bool {
            a.kernelVersion.rawValue < b.kernelVersion.rawValue
        }

        var kernelVersion: ck_isa {
            switch self {
            case .reference: CK_REFERENCE
            case .generic: CK_GENERIC
            case .avx2: CK_AVX2
            case .avx512: CK_AVX512
            }
        }
    }
}
