import Glibc

/// How much a source pixel counts, by its distance from the target pixel's centre.
enum ResamplingKernel {
    /// sinc(x) sinc(x / 3) for |x| < 3.
    case lanczos
    /// Keys' cubic with a = -1/2, which Pillow calls bicubic.
    case bicubic

    /// From here on pixels count nothing.
    var reach: Double {
        switch self {
        case .lanczos: 3
        case .bicubic: 2
        }
    }

    func callAsFunction(_ distance: Double) -> Double {
        let x = abs(distance)
        guard x < reach else { return 0 }
        switch self {
        case .lanczos:
            guard x != 0 else { return 1 }
            let angle = Double.pi * x
            return 3 * sin(angle) * sin(angle / 3) / (angle * angle)
        case .bicubic:
            return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * -0.5
        }
    }
}
