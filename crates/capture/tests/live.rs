//! Capture from a real interface, in network namespaces made for the test: everything sent to it is captured, nothing
//! is ever sent from it, and nothing can be.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers may fail as its body may, and it says what it did not run"
)]

mod common;

use cofferdam_capture::live::{Counters, Live, LiveError, Lock, Settings};
use cofferdam_capture::{PcapWriter, Resolution, Source};
use cofferdam_terms::{LinkType, Timestamp};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::{self, File};
use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Two namespaces joined by a pair of interfaces, gone at the end of the test. Nothing else is on the wire.
struct Wire {
    sensor: String,
    sender: String,
}

const INTERFACE: &str = "mirror0";

impl Wire {
    /// Makes it; none, with a printed line, where that can't be done.
    fn new(test: &str) -> Option<Self> {
        let name = |end: &str| format!("cofferdam-{}-{test}-{end}", std::process::id());
        let wire = Self {
            sensor: name("sensor"),
            sender: name("sender"),
        };
        let made = ip(&format!("netns add {}", wire.sensor)) && ip(&format!("netns add {}", wire.sender));
        if !made {
            println!("not run: network namespaces can't be made here (root and iproute2 are needed)");
            return None;
        }
        for end in [&wire.sensor, &wire.sender] {
            // Without this the kernel itself would announce IPv6 addresses.
            let quiet = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; \
                         echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6";
            assert!(ip_exec(end, &["sh", "-c", quiet]).status().unwrap().success());
        }
        let Self { sensor, sender } = &wire;
        assert!(ip(&format!(
            "-n {sender} link add tap0 type veth peer name {INTERFACE} netns {sensor}"
        )));
        assert!(ip(&format!("-n {sender} link set tap0 up")));
        assert!(ip(&format!("-n {sensor} link set {INTERFACE} up")));
        Some(wire)
    }

    /// A counter of the sensor's interface.
    fn counter(&self, name: &str) -> u64 {
        let path = format!("/sys/class/net/{INTERFACE}/statistics/{name}");
        let output = ip_exec(&self.sensor, &["cat", &path]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }

    /// Sends a capture's packets to the sensor.
    fn replay(&self, capture: &Path) {
        let file = capture.to_str().unwrap();
        let output = ip_exec(&self.sender, &["tcpreplay", "-i", "tap0", "--pps", "20000", file])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Runs something in a thread of its own that is in the sensor's namespace: what is locked there stays locked.
    fn in_sensor<T: Send>(&self, what: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.sensor)).unwrap();
        let run = move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            what()
        };
        thread::scope(|scope| scope.spawn(run).join().unwrap())
    }

    /// What a sensor captures of a replayed capture, of so many packets.
    fn capture(&self, replayed: &Path, wanted: usize) -> Captured {
        let (opened, open) = mpsc::channel();
        thread::scope(|scope| {
            // Not from the sensor's thread: what is started from there can't send.
            scope.spawn(move || {
                open.recv().unwrap();
                self.replay(replayed);
            });
            self.in_sensor(move || {
                let mut live = Live::open(INTERFACE, &settings()).unwrap();
                opened.send(()).unwrap();
                receive(&mut live, wanted)
            })
        })
    }
}

/// What was captured.
struct Captured {
    packets: Vec<(Vec<u8>, u32, Timestamp)>,
    counters: Counters,
}

impl Drop for Wire {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.sensor));
        ip(&format!("netns del {}", self.sender));
    }
}

fn ip(arguments: &str) -> bool {
    let mut command = Command::new("ip");
    command.args(arguments.split(' ')).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn ip_exec(namespace: &str, command: &[&str]) -> Command {
    let mut exec = Command::new("ip");
    exec.args(["netns", "exec", namespace]).args(command);
    exec
}

fn settings() -> Settings {
    Settings {
        ring_mebibytes: 8,
        lock: Lock::Thread,
    }
}

/// A capture whose frames go through an Ethernet interface as they are: plain and tagged, shortest and longest.
fn frames(folder: &Path) -> (std::path::PathBuf, Vec<Vec<u8>>) {
    let addresses = [0x02, 0, 0, 0, 0, 0x0a, 0x02, 0, 0, 0, 0, 0x0b];
    let headers: [&[u8]; 4] = [
        &[0x88, 0xb8],
        &[0x81, 0x00, 0x20, 0x05, 0x88, 0xb8],
        &[0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x05, 0x88, 0xba],
        &[0x88, 0x92],
    ];
    let frames: Vec<Vec<u8>> = (0..2_000_usize)
        .zip(headers.into_iter().cycle())
        .map(|(number, header)| {
            let mut frame = [&addresses[..], header, &number.to_be_bytes()].concat();
            frame.resize(60 + number % 1_440, u8::try_from(number % 251).unwrap());
            frame
        })
        .collect();
    let path = folder.join("frames.pcap");
    let mut writer = PcapWriter::new(
        File::create(&path).unwrap(),
        LinkType::ETHERNET,
        Resolution::Micros,
    )
    .unwrap();
    for frame in &frames {
        writer
            .write(
                Timestamp::from_secs(1_700_000_000),
                frame,
                u32::try_from(frame.len()).unwrap(),
            )
            .unwrap();
    }
    writer.finish().unwrap();
    (path, frames)
}

/// Everything that comes until `wanted` packets did, or ten seconds without one.
fn receive(live: &mut Live, wanted: usize) -> Captured {
    let mut packets = Vec::new();
    let mut last = Instant::now();
    while packets.len() < wanted && last.elapsed() < Duration::from_secs(10) {
        if let Some(packet) = live.next_packet(Duration::from_millis(500)).unwrap() {
            assert_eq!(packet.number, packets.len() as u64 + 1);
            packets.push((packet.bytes.to_vec(), packet.original, packet.time));
            last = Instant::now();
        }
    }
    assert!(
        live.next_packet(Duration::from_millis(200)).unwrap().is_none(),
        "more than was sent"
    );
    assert_eq!(live.interface().link, LinkType::ETHERNET);
    Captured {
        packets,
        counters: live.counters().unwrap(),
    }
}

#[test]
fn everything_sent_to_the_interface_is_captured_and_nothing_is_sent_from_it() {
    if !common::has_tool("tcpreplay", "--version") {
        return;
    }
    let Some(wire) = Wire::new("all") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (path, frames) = frames(folder.path());
    let sent_before = wire.counter("tx_packets");
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let captured = wire.capture(&path, frames.len());

    assert_eq!(captured.packets.len(), frames.len());
    for ((bytes, original, time), frame) in captured.packets.iter().zip(&frames) {
        assert_eq!(bytes, frame);
        assert_eq!(*original as usize, frame.len());
        let since = *time - Timestamp::from_nanos(i64::try_from(began.as_nanos()).unwrap());
        assert!(since < Duration::from_secs(600), "{time:?}");
    }
    assert_eq!(
        (captured.counters.received, captured.counters.dropped),
        (frames.len() as u64, 0)
    );
    assert_eq!(wire.counter("rx_packets"), frames.len() as u64);
    assert_eq!(
        wire.counter("tx_packets"),
        sent_before,
        "the sensor sent something"
    );
}

#[test]
fn a_real_capture_replayed_to_the_interface_comes_out_as_it_is_in_the_file() {
    let Some(captures) = common::captures() else {
        return;
    };
    if !common::has_tool("tcpreplay", "--version") {
        return;
    }
    let Some(wire) = Wire::new("real") else { return };
    let path = captures
        .iter()
        .find(|path| path.ends_with("bacnet/bacnet_test.pcap"))
        .unwrap();
    let wanted: Vec<Vec<u8>> = common::drain(&mut Source::open(path).unwrap())
        .into_iter()
        .map(|packet| packet.bytes)
        .collect();
    let captured = wire.capture(path, wanted.len());
    assert!(captured.packets.iter().map(|(bytes, ..)| bytes).eq(&wanted));
    assert_eq!(wire.counter("tx_packets"), 0, "the sensor sent something");
}

/// Set for the process that is to be locked as a whole.
const LOCKED: &str = "COFFERDAM_TEST_LOCKED";

#[test]
fn a_locked_process_can_send_from_none_of_its_threads() {
    if std::env::var_os(LOCKED).is_some() {
        let (locked, lock) = mpsc::channel();
        let other = thread::spawn(move || {
            lock.recv().unwrap();
            UdpSocket::bind("127.0.0.1:0").map(drop)
        });
        let settings = Settings {
            lock: Lock::Process,
            ..settings()
        };
        let _live = Live::open(INTERFACE, &settings).unwrap();
        locked.send(()).unwrap();
        assert_eq!(
            other.join().unwrap().unwrap_err().raw_os_error(),
            Some(Errno::PERM.raw_os_error())
        );
        println!("{LOCKED}: held");
        return;
    }
    let Some(wire) = Wire::new("process") else { return };
    let program = std::env::current_exe().unwrap();
    let name = "a_locked_process_can_send_from_none_of_its_threads";
    let output = ip_exec(
        &wire.sensor,
        &[program.to_str().unwrap(), "--exact", name, "--nocapture"],
    )
    .env(LOCKED, "1")
    .output()
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("held"), "{said}");
}

#[test]
fn a_locked_thread_can_no_longer_send_by_any_way() {
    let Some(wire) = Wire::new("lock") else { return };
    wire.in_sensor(|| {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (mut left, _right) = UnixStream::pair().unwrap();
        let mut live = Live::open(INTERFACE, &settings()).unwrap();
        let frame = [0xff; 60];
        let socket = live.as_fd();
        let refused: [(&str, io::Result<()>); 17] = [
            (
                "write",
                rustix::io::write(socket, &frame)
                    .map(drop)
                    .map_err(io::Error::from),
            ),
            (
                "writev",
                rustix::io::writev(socket, &[io::IoSlice::new(&frame)])
                    .map(drop)
                    .map_err(io::Error::from),
            ),
            (
                "send",
                rustix::net::send(socket, &frame, rustix::net::SendFlags::empty())
                    .map(drop)
                    .map_err(io::Error::from),
            ),
            ("dup", rustix::io::dup(socket).map(drop).map_err(io::Error::from)),
            (
                "fcntl",
                rustix::io::fcntl_dupfd_cloexec(socket, 0)
                    .map(drop)
                    .map_err(io::Error::from),
            ),
            (
                "ioctl",
                rustix::io::ioctl_fionbio(socket, true).map_err(io::Error::from),
            ),
            ("sendto", udp.send_to(&frame, "127.0.0.1:9").map(drop)),
            ("setsockopt", udp.set_broadcast(true)),
            ("a stream from before", io::Write::write_all(&mut left, &frame)),
            ("connect", udp.connect("127.0.0.1:9")),
            ("udp", UdpSocket::bind("127.0.0.1:0").map(drop)),
            ("tcp", TcpStream::connect("127.0.0.1:9").map(drop)),
            ("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
            ("unix", UnixStream::pair().map(drop)),
            ("packet", packet_socket()),
            ("splice", splice(socket)),
            ("sendfile", sendfile(socket)),
        ];
        for (way, result) in refused {
            assert_eq!(
                result.unwrap_err().raw_os_error(),
                Some(Errno::PERM.raw_os_error()),
                "{way}"
            );
        }
        // Results can still be written, and another thread that it starts can't send either.
        let (_reader, mut writer) = io::pipe().unwrap();
        io::Write::write_all(&mut writer, b"into a pipe").unwrap();
        let inherited = thread::spawn(|| UdpSocket::bind("127.0.0.1:0").map(drop))
            .join()
            .unwrap();
        assert_eq!(
            inherited.unwrap_err().raw_os_error(),
            Some(Errno::PERM.raw_os_error())
        );
        assert!(live.next_packet(Duration::ZERO).unwrap().is_none());

        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        for line in [
            "CapEff:\t0000000000000000",
            "CapPrm:\t0000000000000000",
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
        ] {
            assert!(status.contains(line), "{line}: {status}");
        }
    });
    assert_eq!(wire.counter("tx_packets"), 0, "the sensor sent something");
}

fn packet_socket() -> io::Result<()> {
    use rustix::net::{AddressFamily, SocketType, socket};
    socket(AddressFamily::PACKET, SocketType::RAW, None)
        .map(drop)
        .map_err(io::Error::from)
}

fn splice(socket: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    io::Write::write_all(&mut writer, &[0xff; 60])?;
    rustix::pipe::splice(
        &reader,
        None,
        socket,
        None,
        60,
        rustix::pipe::SpliceFlags::empty(),
    )
    .map(drop)
    .map_err(io::Error::from)
}

fn sendfile(socket: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    let file = File::open("/proc/self/exe")?;
    rustix::fs::sendfile(socket, &file, None, 60)
        .map(drop)
        .map_err(io::Error::from)
}

#[test]
fn an_interface_that_is_missing_or_down_or_no_interface_at_all_is_refused_in_one_sentence() {
    let Some(wire) = Wire::new("no") else { return };
    assert!(ip(&format!(
        "-n {} link add down0 type veth peer name down1",
        wire.sensor
    )));
    wire.in_sensor(|| {
        for (name, wanted) in [
            ("none0", "there is no interface `none0`"),
            ("", "there is no interface ``"),
            (
                "a name that is much too long",
                "there is no interface `a name that is much too long`",
            ),
            ("down0", "interface `down0` is down"),
        ] {
            let error = Live::open(name, &settings()).unwrap_err();
            assert_eq!(error.to_string(), wanted);
            assert!(!error.mend().is_empty());
            assert!(matches!(
                error,
                LiveError::Missing { .. } | LiveError::Down { .. }
            ));
        }
    });
}
