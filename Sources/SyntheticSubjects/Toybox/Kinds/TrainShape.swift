/// A steam engine: boiler, chimney, cab, many wheels.
enum TrainShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let boiler = toy.random.number(0.22...0.3)
        let chimney = toy.random.number(0.2...0.42)
        let flare = toy.random.number(0.9...1.9)
        let cab = toy.random.number(0.36...0.5)
        let wheels = 2 + toy.random.integer(below: 2)
        let axis = 0.36 + boiler
        toy.box(Vector(0, 0.29, 0.02), Vector(0.34, 0.08, 0.8), edge: 0.04, .second)
        toy.cylinder(Vector(0, axis, -0.72), Vector(0, axis, 0.3), boiler, boiler, edge: 0.05, .main)
        toy.cylinder(
            Vector(0, axis, -0.75), Vector(0, axis, -0.68), boiler * 0.8, boiler * 0.8, edge: 0.03, .accent)
        for z in [Float(-0.4), -0.05] {
            toy.arc(Vector(0, axis, z), boiler, 0.03, opening: 1, .accent)
        }
        toy.box(Vector(0, 0.36 + cab, 0.5), Vector(0.36, cab, 0.27), edge: 0.05, .main)
        toy.box(Vector(0, 0.44 + cab * 1.35, 0.5), Vector(0.375, cab * 0.34, 0.15), edge: 0.03, .glass)
        toy.box(Vector(0, 0.44 + cab * 1.4, 0.5), Vector(0.22, cab * 0.28, 0.285), edge: 0.03, .glass)
        toy.box(Vector(0, 0.38 + cab * 2, 0.5), Vector(0.43, 0.05, 0.34), edge: 0.04, .second)
        toy.cylinder(
            Vector(0, axis + boiler * 0.8, -0.5), Vector(0, axis + boiler + chimney, -0.5), 0.09,
            0.09 * flare, edge: 0.02, .second)
        toy.cylinder(
            Vector(0, axis + boiler + chimney - 0.03, -0.5), Vector(0, axis + boiler + chimney + 0.05, -0.5),
            0.1 * flare, 0.1 * flare, edge: 0.02, .accent)
        toy.ball(Vector(0, axis + boiler * 0.95, -0.1), 0.12, .accent, .soft(0.02))
        for index in 0..<wheels {
            let part = Float(index) / Float(wheels - 1)
            toy.wheels(Vector(0.33, 0.2, -0.52 + part * 1.06), 0.2, width: 0.1, .accent)
        }
        toy.limb(Vector(0.4, 0.2, -0.5), Vector(0.4, 0.2, 0.5), 0.03, 0.03, .metal, .pair)
        toy.ball(Vector(0, axis + boiler * 0.55, -0.76), 0.085, .lamp)
        toy.limb(Vector(0.22, 0.2, -0.82), Vector(-0.22, 0.2, -0.82), 0.09, 0.09, .second)
    }
}
