/// What is in a picture and how it is taken: everything that decides its pixels but their number.
public struct ToyboxComposition: Sendable, Equatable {
    public let identity: ToyboxIdentity
    public var scene: ToyboxScene
    public var light: ToyboxLight
    /// How far the subject is turned away from facing the camera, in turns: -0.5 to 0.5.
    public var yaw: Float
    /// How far the camera looks down, in turns.
    public var elevation: Float
    /// The subject's diameter as a share of the picture's side, nearly.
    public var size: Float
    /// Where the subject's middle is, from the picture's: right and up, as shares of half its side.
    public var offset: SIMD2<Float>
    /// Whether a thing stands before a part of the subject.
    public var isOccluded: Bool
    /// The camera's lean, in turns.
    public var lean: Float
    /// Tangent of half the angle of view.
    public var lens: Float
    /// How far a portrait's subject is turned: its front and a side are seen.
    static let portraitYaw: ClosedRange<Float> = 0.05...0.15
    /// The draws that furnish the scene.
    let furnishing: ToyboxRandom

    /// - Parameters:
    ///   - image: which of the subject's pictures.
    ///   - scene: the scene; nil for one by chance.
    ///   - view: how it is taken. Scene, light and furniture are the same in any.
    init(identity: ToyboxIdentity, image: Int, scene: ToyboxScene? = nil, view: ToyboxView = .any) {
        var random = ToyboxRandom(identity.seed, identity.subject, image, purpose: .photo)
        self.identity = identity
        let drawn = random.pick(ToyboxScene.allCases)
        self.scene = scene ?? drawn
        light = random.pick(self.scene.lights)
        // Faces are seen more often than backs.
        yaw = random.chance(0.72) ? random.number(-0.2...0.2) : random.number(-0.5...0.5)
        elevation = random.chance(0.18) ? random.number(0.045...0.08) : random.number(0.006...0.038)
        isOccluded = random.chance(0.18)
        let isCropped = !isOccluded && random.chance(0.1)
        size = isCropped ? random.number(1...1.22) : random.number(0.54...0.86)
        // Rather low: the sky and the wall tell the scene.
        let room = max(0.05, 1 - size) * 0.6
        offset = SIMD2(random.number(-room...room), random.number(-room...room * 0.2) - 0.06)
        if isCropped { offset = SIMD2(random.side() * random.number(0.3...0.5), random.number(-0.1...0.1)) }
        lean = random.number(-0.008...0.008)
        lens = random.number(0.28...0.44)
        furnishing = ToyboxRandom(identity.seed, identity.subject, image, purpose: .scene)
        if view == .portrait {
            yaw = random.number(Self.portraitYaw)
            elevation = random.number(0.01...0.035)
            isOccluded = false
            size = random.number(0.7...0.86)
            offset = SIMD2(random.number(-0.08...0.08), random.number(-0.1 ... -0.02))
        }
    }
}
