import Glibc
import Testing

@testable import SubjectDaemon

@Suite struct StartupPagesTests {
    @Test func onlyWhatIsAsItsFileIsIsLetGo() {
        let smaps = """
            55d0a000-55d0b000 r--p 00000000 fe:00 12  /usr/bin/jedid
            Rss:                   4 kB
            Anonymous:             0 kB
            VmFlags: rd mr mw me
            55d0b000-55d0f000 r-xp 00001000 fe:00 12  /usr/bin/jedid
            Anonymous:             0 kB
            55d0f000-55d10000 r--p 00005000 fe:00 12  /usr/bin/jedid
            Anonymous:             4 kB
            55d10000-55d11000 rw-p 00006000 fe:00 12  /usr/bin/jedid
            Anonymous:             0 kB
            7f000000-7f001000 r-xp 00000000 fe:00 13  /usr/lib/lib with blanks.so (deleted)
            Anonymous:             0 kB
            7f002000-7f003000 r--s 00000000 fe:00 14  /var/lib/jedi/jobs.sqlite-shm
            Anonymous:             0 kB
            7f004000-7f005000 rw-p 00000000 00:00 0
            Anonymous:             4 kB
            7fff0000-7fff1000 r-xp 00000000 00:00 0  [vdso]
            Anonymous:             0 kB
            """
        #expect(
            StartupPages.unchanged(in: smaps) == [
                .init(begin: 0x55d0_a000, end: 0x55d0_b000), .init(begin: 0x55d0_b000, end: 0x55d0_f000),
                .init(begin: 0x7f00_0000, end: 0x7f00_1000),
            ])
        #expect(StartupPages.unchanged(in: "").isEmpty)
        #expect(StartupPages.unchanged(in: "rubbish\nzz-yy r-xp 0 0 0 /x\n").isEmpty)
    }

    @Test func thisProcessLivesOn() throws {
        let before = try #require(ProcessMemory.residentBytes(of: getpid()))
        StartupPages.release()
        let after = try #require(ProcessMemory.residentBytes(of: getpid()))
        #expect(after < before)
        #expect("\(Array(1...100).map(String.init).joined())".count == 192)
    }
}
