/// How a scene is built round the subject, which stands at the origin and has a radius of one, near enough. The camera
/// looks along z.
protocol SceneLayout {
    static func build(_ scene: inout SceneBuilder)
}
