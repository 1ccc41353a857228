/// What a subject is.
public enum ToyboxKind: String, Sendable, CaseIterable {
    case cat, dog, bear, rabbit, elephant, duck, penguin, fish, turtle, frog, snail, dinosaur
    case car, bus, train, rocket, plane, boat
    case mug, teapot
    case robot, shoe, cactus, flower, mushroom

    /// As in "a photo of the cat".
    public var noun: String { rawValue }

    /// Whether it has a head for a hat or a neck for a scarf.
    var wears: Bool {
        switch self {
        case .cat, .dog, .bear, .rabbit, .elephant, .duck, .penguin, .frog, .dinosaur, .robot: true
        default: false
        }
    }

    var shape: any ToyShape.Type {
        switch self {
        case .cat: CatShape.self
        case .dog: DogShape.self
        case .bear: BearShape.self
        case .rabbit: RabbitShape.self
        case .elephant: ElephantShape.self
        case .duck: DuckShape.self
        case .penguin: PenguinShape.self
        case .fish: FishShape.self
        case .turtle: TurtleShape.self
        case .frog: FrogShape.self
        case .snail: SnailShape.self
        case .dinosaur: DinosaurShape.self
        case .car: CarShape.self
        case .bus: BusShape.self
        case .train: TrainShape.self
        case .rocket: RocketShape.self
        case .plane: PlaneShape.self
        case .boat: BoatShape.self
        case .mug: MugShape.self
        case .teapot: TeapotShape.self
        case .robot: RobotShape.self
        case .shoe: ShoeShape.self
        case .cactus: CactusShape.self
        case .flower: FlowerShape.self
        case .mushroom: MushroomShape.self
        }
    }
}
