import Testing

@testable import SubjectDaemon

@Suite struct PreviewPaceTests {
    @Test func quickOnesComeOnceASecond() {
        var pace = PreviewPace(at: .seconds(5))
        #expect(!pace.isDue(at: .milliseconds(5999)) && pace.isDue(at: .seconds(6)))
        pace.made(from: .seconds(6), to: .milliseconds(6001))
        #expect(!pace.isDue(at: .milliseconds(6999)) && pace.isDue(at: .seconds(7)))
    }

    @Test func slowOnesTakeATwentiethOfTheTime() {
        var pace = PreviewPace(at: .zero)
        var (now, spent) = (Duration.zero, Duration.zero)
        while now < .seconds(1000) {
            now += .milliseconds(100)
            guard pace.isDue(at: now) else { continue }
            pace.made(from: now, to: now + .milliseconds(1200))
            now += .milliseconds(1200)
            spent += .milliseconds(1200)
        }
        #expect(spent <= now / 20 + .milliseconds(1200) && spent > now / 25)
    }
}
