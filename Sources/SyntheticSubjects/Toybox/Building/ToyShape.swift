/// How subjects of a kind are built. They stand on y = 0, look towards -z, and are about as high as 1.2.
protocol ToyShape {
    static func build(_ toy: inout ToyBuilder)
}
