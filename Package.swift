// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// oneDNN is used where Debian has it; without its header the OpenBLAS convolution path is the only one.
let hasOneDNN = FileManager.default.fileExists(atPath: "/usr/include/dnnl.h")
let oneDNN: [Target.Dependency] = hasOneDNN ? ["COneDNN"] : []

/// Phone photos are read where Debian has the libraries; the sources look for the headers themselves.
let codecs = ["heif": "libheif/heif.h", "webp": "webp/decode.h"].filter { _, header in
    ["", "x86_64-linux-gnu/", "aarch64-linux-gnu/"].contains { folder in
        FileManager.default.fileExists(atPath: "/usr/include/\(folder)\(header)")
    }
}.keys.sorted()

/// Training on several machines is there where Open MPI's headers are.
let mpi = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/openmpi/include" }
    .first { FileManager.default.fileExists(atPath: $0 + "/mpi.h") }
let processGroups: [Target.Dependency] = mpi == nil ? [] : ["CMPI"]
let mpiTargets: [Target] =
    mpi.map { headers in
        let settings: [CSetting] = [.treatAllWarnings(as: .error), .unsafeFlags(["-isystem", headers])]
        return [.target(name: "CMPI", cSettings: settings, linkerSettings: [.linkedLibrary("mpi")])]
    } ?? []

/// `make fuzz` builds the parsers for libFuzzer, into a folder of its own.
let instrumented = Context.environment["JEDI_LIBFUZZER"] != nil

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]
/// Tests run optimised, from the build that the programs come from; those of the daemon look at its internals.
let testable: [SwiftSetting] = swift + [.unsafeFlags(["-enable-testing"])]
/// Tests that compute nothing themselves are compiled in a third of the time without being optimised.
let plain: [SwiftSetting] = swift + [.unsafeFlags(["-Onone"])]
let c: [CSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-O3", "-ffp-contract=fast"]),
]
/// The toys' pixels are the same on every processor: no product and sum are fused.
let exactC: [CSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"]),
]

let package = Package(
    name: "jedi-at-home",
    products: [
        .executable(name: "jedid", targets: ["jedid"]),
        .executable(name: "jedictl", targets: ["jedictl"]),
        .executable(name: "jeditrain", targets: ["jeditrain"]),
        .library(name: "JointDiffusion", targets: ["JointDiffusion"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // C: module maps of Debian's libraries, our kernels, the shims of inotify, of the image codecs and of Linux.
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .target(
            name: "CInotifyTools", cSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("inotifytools")]),
        .target(name: "CLinux", cSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "CImageCodecs", cSettings: [.treatAllWarnings(as: .error)],
            cxxSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: (["jpeg", "png", "z"] + codecs).map { .linkedLibrary($0) }),
        .target(name: "CKernels", cSettings: c, linkerSettings: [.linkedLibrary("gomp")]),

        // The engine.
        .target(
            name: "Tensors",
            dependencies: ["CKernels", "COpenBLAS", .product(name: "Crypto", package: "swift-crypto")]
                + oneDNN,
            swiftSettings: swift),
        .target(name: "Images", dependencies: ["CImageCodecs"], swiftSettings: swift),
        .target(
            name: "JointDiffusion",
            dependencies: ["Tensors", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: swift),

        // Training: synthetic data, the trainer and their command.
        .target(name: "CToybox", cSettings: exactC),
        .target(name: "SyntheticSubjects", dependencies: ["CToybox", "Images"], swiftSettings: testable),
        .target(
            name: "Collage",
            dependencies: [
                "Evaluation", "Images", "JointDiffusion", "SyntheticSubjects", "Tensors", "ToyboxEvaluation",
            ],
            swiftSettings: testable),
        .target(
            name: "Training",
            dependencies: [
                "Images", "JointDiffusion", "SyntheticSubjects", "Tensors",
                .product(name: "Yams", package: "Yams"),
            ] + processGroups,
            swiftSettings: testable),
        .target(
            name: "Evaluation",
            dependencies: [
                "Images", "JointDiffusion", "Tensors", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: testable),
        .target(
            name: "ToyboxEvaluation",
            dependencies: ["Images", "JointDiffusion", "SyntheticSubjects", "Tensors", "Training"],
            swiftSettings: testable),
        .executableTarget(
            name: "jeditrain",
            dependencies: [
                "Collage", "ControlAPI", "Evaluation", "Images", "JointDiffusion", "SyntheticSubjects",
                "Tensors", "ToyboxEvaluation",
                "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift),

        // The daemon and its control client.
        .target(name: "ControlAPI", swiftSettings: testable),
        .target(
            name: "SubjectDaemon",
            dependencies: [
                "CInotifyTools", "CLinux", "ControlAPI", "Images", "JointDiffusion", "Tensors",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: testable),
        .executableTarget(
            name: "jedid",
            dependencies: [
                "ControlAPI", "Images", "JointDiffusion", "SubjectDaemon", "Tensors",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "jedictl",
            dependencies: [
                "ControlAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: testable),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
            swiftSettings: swift),
        .testTarget(
            name: "TensorsTests", dependencies: ["CKernels", "Tensors", "TestSupport"], swiftSettings: swift),
        .testTarget(
            name: "ImagesTests", dependencies: ["Images"],
            resources: [.copy("Fixtures")], swiftSettings: swift),
        .testTarget(
            name: "JointDiffusionTests", dependencies: ["JointDiffusion", "TestSupport"],
            resources: [.copy("Goldens")], swiftSettings: swift),
        .testTarget(
            name: "JedidTests", dependencies: ["jedid", "jedictl", "Images", "Tensors", "TestSupport"],
            swiftSettings: plain),
        .testTarget(
            name: "SyntheticSubjectsTests",
            dependencies: ["CToybox", "Images", "SyntheticSubjects", "TestSupport", "jeditrain"],
            swiftSettings: swift),
        .testTarget(
            name: "CollageTests",
            dependencies: [
                "jeditrain", "Collage", "Images", "JointDiffusion",
                "SyntheticSubjects", "Tensors", "TestSupport", "ToyboxEvaluation", "Training",
            ],
            swiftSettings: swift),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "jeditrain", "Images", "Training", "JointDiffusion", "SyntheticSubjects", "Tensors",
                "TestSupport",
            ],
            exclude: ["Goldens"], swiftSettings: swift),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "jeditrain", "Collage", "Evaluation", "Images", "JointDiffusion", "Tensors", "TestSupport",
            ],
            exclude: ["Goldens"], swiftSettings: swift),
        .testTarget(
            name: "ToyboxEvaluationTests",
            dependencies: [
                "Images", "JointDiffusion", "SyntheticSubjects", "Tensors", "TestSupport", "ToyboxEvaluation",
            ],
            swiftSettings: swift),
        .testTarget(name: "ControlAPITests", dependencies: ["ControlAPI"], swiftSettings: plain),
        .testTarget(
            name: "JedictlTests", dependencies: ["jedictl", "ControlAPI"],
            exclude: ["Goldens"], swiftSettings: plain),
        .target(
            name: "DaemonTestSupport",
            dependencies: ["SubjectDaemon", "Images", .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/DaemonTestSupport", swiftSettings: swift),
        .executableTarget(
            name: "fakejedid",
            dependencies: [
                "DaemonTestSupport", "SubjectDaemon", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/fakejedid", swiftSettings: swift),
        .target(
            name: "SeededFaults",
            dependencies: ["ControlAPI", "Images", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/SeededFaults", swiftSettings: swift),
        .executableTarget(
            name: "jedifaults",
            dependencies: ["ControlAPI", "SeededFaults", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/Faults", swiftSettings: swift),
        .executableTarget(
            name: "jedifuzz",
            dependencies: [
                "ControlAPI", "Images", "SeededFaults", "SubjectDaemon", "Tensors",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/Fuzz", exclude: ["Cases", "Corpus"],
            // libFuzzer comes with a main of its own; jedifuzz's goes by another name and takes its place.
            swiftSettings: swift
                + (instrumented
                    ? [
                        .define("LIBFUZZER"),
                        .unsafeFlags([
                            "-Xfrontend", "-entry-point-function-name", "-Xfrontend", "jedifuzz_main",
                        ]),
                    ] : []),
            linkerSettings: instrumented
                ? [.unsafeFlags(["-use-ld=lld", "-Xlinker", "--defsym=main=jedifuzz_main"])] : []),
        .testTarget(
            name: "SubjectDaemonTests",
            dependencies: [
                "SubjectDaemon", "ControlAPI", "Images", "JointDiffusion", "Tensors", "DaemonTestSupport",
                "fakejedid", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: plain),
    ]
        + mpiTargets
)
