/// The connected pieces of a mask.
enum MaskPieces {
    /// The largest piece, its holes filled; nothing where there is none.
    static func largest(_ mask: [Bool], width: Int) -> [Bool] {
        var best: [Int] = []
        for piece in pieces(mask, width: width) where piece.count > best.count { best = piece }
        var result = [Bool](repeating: false, count: mask.count)
        for pixel in best { result[pixel] = true }
        // Holes: what is out and does not reach the edge.
        let height = mask.count / width
        for piece in pieces(result.map { !$0 }, width: width) {
            let reachesEdge = piece.contains { pixel in
                let (x, y) = (pixel % width, pixel / width)
                return x == 0 || y == 0 || x == width - 1 || y == height - 1
            }
            if !reachesEdge { for pixel in piece { result[pixel] = true } }
        }
        return result
    }

    /// Pixels of each piece, whose members touch along a side.
    private static func pieces(_ mask: [Bool], width: Int) -> [[Int]] {
        var unseen = mask
        var found: [[Int]] = []
        for start in mask.indices where unseen[start] {
            unseen[start] = false
            var (piece, next) = ([start], 0)
            while next < piece.count {
                let pixel = piece[next]
                next += 1
                let x = pixel % width
                for (isThere, other) in [
                    (x > 0, pixel - 1), (x < width - 1, pixel + 1), (pixel >= width, pixel - width),
                    (pixel + width < mask.count, pixel + width),
                ] where isThere && unseen[other] {
                    unseen[other] = false
                    piece.append(other)
                }
            }
            found.append(piece)
        }
        return found
    }
}
