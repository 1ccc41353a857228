/// Where a subject is.
public enum ToyboxScene: String, Sendable, CaseIterable {
    case beach, snow, forest, city, kitchen, meadow, desert, night, library, sea, moon, garden, bedroom,
        bathroom
    case volcano, lake, mountains, stage, candyland, park, field

    /// One word for it, as in "candy land".
    public var noun: String {
        switch self {
        case .night: "night sky"
        case .candyland: "candy land"
        default: rawValue
        }
    }

    /// As in "a photo of the cat on the beach".
    public var place: String {
        switch self {
        case .beach: "on the beach"
        case .night: "under the night sky"
        case .sea: "under the sea"
        case .moon: "on the moon"
        case .lake: "at the lake"
        case .stage: "on the stage"
        case .volcano: "on the volcano"
        case .candyland: "in candy land"
        default: "in the \(noun)"
        }
    }

    /// Other words for the same.
    var otherPlaces: [String] {
        switch self {
        case .beach: ["at the beach", "on the warm sand of the beach"]
        case .snow: ["in deep snow", "in the white snow"]
        case .forest: ["in a dark forest", "among the trees of the forest"]
        case .city: ["in the big city", "on a street of the city"]
        case .kitchen: ["on the floor of the kitchen", "in a tiled kitchen"]
        case .meadow: ["in a green meadow", "in a meadow with flowers"]
        case .desert: ["in a hot desert", "in the sand of the desert"]
        case .night: ["under a night sky with stars", "at night under the stars of the night sky"]
        case .library: ["in an old library", "before the books of the library"]
        case .sea: ["at the bottom of the sea", "under water in the sea"]
        case .moon: ["on the grey moon", "among the craters of the moon"]
        case .garden: ["in a garden with a white fence", "in the garden before the fence"]
        case .bedroom: ["on the carpet of the bedroom", "in a bedroom"]
        case .bathroom: ["in a blue bathroom", "on the tiles of the bathroom"]
        case .volcano: ["on a volcano with glowing lava", "among the lava of the volcano"]
        case .lake: ["at a lake at sunset", "by the shore of the lake"]
        case .mountains: ["high up in the mountains", "before the snowy mountains"]
        case .stage: ["on a stage with a red curtain", "in the spotlight of the stage"]
        case .candyland: ["in a candy land of sweets", "among the lollipops of candy land"]
        case .park: ["in an autumn park", "on the fallen leaves in the park"]
        case .field: ["in a golden field", "in a field of wheat"]
        }
    }

    /// The lights that it may be seen in.
    var lights: [ToyboxLight] {
        switch self {
        case .kitchen, .library, .bedroom, .bathroom: [.bright, .morning, .lamp]
        case .night, .sea, .moon, .volcano, .stage: [.bright]
        case .lake: [.evening]
        case .snow: [.bright, .morning, .overcast]
        default: [.bright, .morning, .evening, .overcast]
        }
    }

    var isIndoors: Bool {
        switch self {
        case .kitchen, .library, .bedroom, .bathroom, .stage: true
        default: false
        }
    }

    var layout: any SceneLayout.Type {
        switch self {
        case .beach: BeachScene.self
        case .snow: SnowScene.self
        case .forest: ForestScene.self
        case .city: CityScene.self
        case .kitchen: KitchenScene.self
        case .meadow: MeadowScene.self
        case .desert: DesertScene.self
        case .night: NightScene.self
        case .library: LibraryScene.self
        case .sea: SeaScene.self
        case .moon: MoonScene.self
        case .garden: GardenScene.self
        case .bedroom: BedroomScene.self
        case .bathroom: BathroomScene.self
        case .volcano: VolcanoScene.self
        case .lake: LakeScene.self
        case .mountains: MountainsScene.self
        case .stage: StageScene.self
        case .candyland: CandylandScene.self
        case .park: ParkScene.self
        case .field: FieldScene.self
        }
    }
}
