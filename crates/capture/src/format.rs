//! What a file is, by its first bytes.

use std::fmt;

/// How many first bytes are looked at to say what a file is.
pub(crate) const SNIFF_BYTES: usize = 4096;

/// The form of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// pcap with times in microseconds.
    Pcap,
    /// pcap with times in nanoseconds.
    PcapNanos,
    /// pcapng.
    PcapNg,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pcap => "pcap",
            Self::PcapNanos => "pcap, nanoseconds",
            Self::PcapNg => "pcapng",
        })
    }
}

/// How a capture is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// Zstandard (RFC 8878), one frame or several.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// The form of records that another sensor made of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordForm {
    /// A Zeek log with tabs.
    ZeekTsv,
    /// A Zeek log in JSON.
    ZeekJson,
    /// Suricata's EVE JSON.
    EveJson,
}

impl fmt::Display for RecordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ZeekTsv => "Zeek log",
            Self::ZeekJson => "Zeek log in JSON",
            Self::EveJson => "Suricata EVE log",
        })
    }
}

/// A form that is known but from which nothing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherFormat {
    /// Flow records as nfcapd writes them.
    NfcapdFlows,
    /// A capture in the form of another tool.
    OtherCapture(
        /// The tool or form.
        &'static str,
    ),
    /// A file compressed in a way that is not read.
    OtherCompression(
        /// The program that unpacks it.
        &'static str,
    ),
}

impl OtherFormat {
    /// What a person can do about it.
    #[must_use]
    pub const fn mend(self) -> &'static str {
        match self {
            Self::NfcapdFlows => "give the capture that these records were made from",
            Self::OtherCapture(_) => {
                "convert it first with Wireshark's editcap: editcap -F pcap FILE FILE.pcap"
            }
            Self::OtherCompression(_) => "unpack it first, or compress it with gzip or zstd",
        }
    }
}

impl fmt::Display for OtherFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NfcapdFlows => f.write_str("an nfcapd file, which holds flow records and no packets"),
            Self::OtherCapture(what) => write!(f, "a capture in the form of {what}, which is not read"),
            Self::OtherCompression(what) => write!(f, "packed with {what}, which is not read"),
        }
    }
}

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    Pcap,
    PcapNg,
    Compressed(Compression),
    Records(RecordForm),
    Other(OtherFormat),
    Unknown,
}

/// First bytes that name a form by themselves.
const MAGICS: &[(&[u8], Sniffed)] = &[
    (&[0xd4, 0xc3, 0xb2, 0xa1], Sniffed::Pcap),
    (&[0xa1, 0xb2, 0xc3, 0xd4], Sniffed::Pcap),
    (&[0x4d, 0x3c, 0xb2, 0xa1], Sniffed::Pcap),
    (&[0xa1, 0xb2, 0x3c, 0x4d], Sniffed::Pcap),
    (&[0x34, 0xcd, 0xb2, 0xa1], Sniffed::Pcap),
    (&[0xa1, 0xb2, 0xcd, 0x34], Sniffed::Pcap),
    (&[0x0a, 0x0d, 0x0d, 0x0a], Sniffed::PcapNg),
    (&[0x1f, 0x8b, 0x08], Sniffed::Compressed(Compression::Gzip)),
    (&[0x28, 0xb5, 0x2f, 0xfd], Sniffed::Compressed(Compression::Zstd)),
    (b"#separator ", Sniffed::Records(RecordForm::ZeekTsv)),
    (
        &[0x0c, 0xa5, 0x01, 0x00],
        Sniffed::Other(OtherFormat::NfcapdFlows),
    ),
    (
        &[0x0c, 0xa5, 0x02, 0x00],
        Sniffed::Other(OtherFormat::NfcapdFlows),
    ),
    (
        b"snoop\0\0\0",
        Sniffed::Other(OtherFormat::OtherCapture("Solaris snoop")),
    ),
    (
        b"GMBU",
        Sniffed::Other(OtherFormat::OtherCapture("Microsoft Network Monitor")),
    ),
    (
        b"RTSS",
        Sniffed::Other(OtherFormat::OtherCapture("Microsoft Network Monitor")),
    ),
    (
        b"TRSNIFF data",
        Sniffed::Other(OtherFormat::OtherCapture("NetScout Sniffer")),
    ),
    (b"XCP\0", Sniffed::Other(OtherFormat::OtherCapture("NetXray"))),
    (
        b"iptrace ",
        Sniffed::Other(OtherFormat::OtherCapture("AIX iptrace")),
    ),
    (b"BZh", Sniffed::Other(OtherFormat::OtherCompression("bzip2"))),
    (b"\xfd7zXZ\0", Sniffed::Other(OtherFormat::OtherCompression("xz"))),
    (
        &[0x04, 0x22, 0x4d, 0x18],
        Sniffed::Other(OtherFormat::OtherCompression("lz4")),
    ),
    (
        b"PK\x03\x04",
        Sniffed::Other(OtherFormat::OtherCompression("zip")),
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        Sniffed::Other(OtherFormat::OtherCompression("7-Zip")),
    ),
];

/// Says what a file is. Bytes beyond [`SNIFF_BYTES`] are not looked at.
pub(crate) fn sniff(bytes: &[u8]) -> Sniffed {
    let bytes = bytes.get(..SNIFF_BYTES).unwrap_or(bytes);
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return *what;
    }
    // A zstd stream may open with skippable frames: 0x184d2a50 to 0x184d2a5f.
    if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] = bytes {
        return Sniffed::Compressed(Compression::Zstd);
    }
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        if holds(bytes, b"\"event_type\"") {
            return Sniffed::Records(RecordForm::EveJson);
        }
        if holds(bytes, b"\"id.orig_h\"") || holds(bytes, b"\"_path\"") {
            return Sniffed::Records(RecordForm::ZeekJson);
        }
    }
    Sniffed::Unknown
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
