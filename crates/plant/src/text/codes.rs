//! What can be wrong with the text itself, as codes that [`explain`](crate::explain) knows.

use crate::diagnostic::Code;

macro_rules! text_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $about:literal;)*) => {
        /// A way in which a text is no model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TextCode {
            $($(#[$doc])* $name,)*
        }

        impl TextCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name that diagnostics carry.
            #[must_use]
            pub const fn code(self) -> Code {
                match self {
                    $(Self::$name => Code($code),)*
                }
            }

            /// What it means and how it is mended.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about,)*
                }
            }
        }
    };
}

text_codes! {
    /// Bytes that are no UTF-8.
    InvalidUtf8 = "invalid-utf8",
        "The file holds bytes that are no UTF-8. TOML is UTF-8 always. Save the file as UTF-8 in the editor; a file that \
         came from elsewhere may have to be converted from its old encoding first.";
    /// More text than is read.
    TextTooLarge = "text-too-large",
        "The file is larger than a model is read. The bound keeps a wrong file from filling the memory; a model of \
         10,000 assets takes about 4 MB. Check that it is the right file.";
    /// Text that breaks TOML's grammar.
    InvalidToml = "invalid-toml",
        "The text breaks the grammar of TOML 1.1 (toml.io), so nothing further can be read from that place. The usual \
         causes are a missing quote, comma or bracket on the line shown or the one above.";
    /// A key or section that stands twice.
    DuplicateKey = "duplicate-key",
        "A key may stand once in a section, and a plain section once in a file. Keep the one that is meant. Entries that \
         repeat have double brackets: `[[zone]]`.";
    /// A format version that isn't known.
    UnknownFormat = "unknown-format",
        "`format` on the first line is the version of the text form. This version of Cofferdam reads 1. A higher number \
         means that a newer version wrote the file.";
    /// A key that isn't known.
    UnknownKey = "unknown-key",
        "The key means nothing in this place. An unknown key is an error, since a mistyped `ownr` that were passed over \
         would be a model that says less than its author thinks.";
    /// A key that has to be there.
    MissingKey = "missing-key",
        "The entry can't be understood without this key.";
    /// A value of another type than is wanted.
    WrongType = "wrong-type",
        "The value has another type than this key takes: a number where a text is wanted, a plain section where entries \
         with double brackets are.";
    /// A text that can't be an identifier.
    InvalidId = "invalid-id",
        "Identifiers name things in references, commands, reports and firewall comments, so they are plain: 1 to 63 of \
         a-z, 0-9 and `-`, starting with a letter or digit. `name` takes any text.";
    /// A word that is none of those that may stand here.
    UnknownWord = "unknown-word",
        "Only the words listed may stand here.";
    /// A text that is no MAC address, IP address or subnet, or a number that is no VLAN.
    InvalidAddress = "invalid-address",
        "The text is no address of the kind wanted. A subnet is written with its first address, `10.20.1.0/24`, so that \
         two writings of one subnet can't be taken for two subnets.";
    /// A text that is no service.
    InvalidService = "invalid-service",
        "A service is a transport, the responder's port or ports, and the application protocol if only that one is \
         meant: `tcp/502 modbus`, `tcp/49152-65535`, `udp/47808`, `icmp`, `ethernet-0x8892`, `any`.";
    /// A text that is no party.
    InvalidParty = "invalid-party",
        "A party is a zone with everything in it, `zone:test-cell-1`, or one asset, `asset:historian-1`.";
    /// A number or list that is no security level.
    InvalidLevel = "invalid-level",
        "A target level is a number from 0 to 4, or a list of seven, FR 1 (IAC) to FR 7 (RA).";
    /// A text that is no window of time.
    InvalidWindow = "invalid-window",
        "A window is dated, `2026-11-28T06:00Z/2026-11-28T10:00Z`, or weekly, `sat,sun 06:00-10:00 UTC+01:00`.";
    /// Keys that don't say where a value comes from.
    InvalidProvenance = "invalid-provenance",
        "An attribute is a bare value (a person says so), or a table with `value` and either `file` and `row` \
         (imported), or `capture`, `packet`, `field`, `at` and `confidence` (observed).";
    /// An interface with neither MAC nor IP.
    InterfaceWithoutAddress = "interface-without-address",
        "An interface is reached by its MAC address, its IP address or both; a VLAN alone names nothing.";
    /// A list that must not be empty.
    EmptyList = "empty-list",
        "An empty list here would permit nothing and look as if it permitted something. Write `any` where all is meant.";
    /// More entries than are read.
    TooManyEntries = "too-many-entries",
        "The file holds more entries of one kind than are read. The bound keeps a wrong file from filling the memory.";
    /// Two entries with one id.
    DuplicateId = "duplicate-id",
        "References by this id could mean either entry. Rename one of them.";
    /// A reference to something that isn't there.
    UnresolvedReference = "unresolved-reference",
        "No entry has the id that is named here.";
    /// A zone that lies in itself.
    ZoneCycle = "zone-cycle",
        "Zones nest like boxes: none can lie in itself, by whatever way round.";
    /// Zones nested too deep.
    ZonesTooDeep = "zones-too-deep",
        "Zones nest deeper than is read. Real plants have three or four levels.";
    /// More diagnostics than are kept.
    TooManyDiagnostics = "too-many-diagnostics",
        "There was more to say than is kept. Mend what is shown and check again.";
}
