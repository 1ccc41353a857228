import SeededFaults

import Foundation
import Glibc

/// The process that may die: it feeds a target inputs and keeps the number of the present one where its
/// parent sees it.
struct FuzzChild {
    let target: FuzzTarget
    let mutator: Mutator
    let seed: UInt64

    /// - Parameter progress: a file of 8 bytes.
    func run(_ numbers: Range<Int>, progress: String) throws {
        let descriptor = open(progress, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0,
            let page = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), page != MAP_FAILED
        else { throw FuzzFailure("\(progress): \(String(cString: strerror(errno)))") }
        let place = page.assumingMemoryBound(to: Int.self)
        // What a picture of the size that is allowed can need, and far from what the machine has.
        var memory = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
        for number in numbers {
            place.pointee = number
            target.run(mutator.input(seed: seed, number: number))
        }
        place.pointee = numbers.upperBound
    }
}

struct FuzzFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
