import ArgumentParser
import ControlAPI
import JointDiffusion
import Tensors

extension ReferenceMode: ExpressibleByArgument {}
extension SamplerKind: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension PixelSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
