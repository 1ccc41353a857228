import ArgumentParser
import JointDiffusion
import Tensors

extension ReferenceMode: ExpressibleByArgument {}
extension SamplerKind: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
