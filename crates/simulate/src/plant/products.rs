//! What the plant's devices are: makers, products and the words by which they make themselves known.
//!
//! Order numbers, product codes and MAC prefixes are the makers' own as their devices send them; the plant is invented.

/// What a machine is there for. Links and sessions are planned by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    S7Plc,
    LogixPlc,
    Daq,
    Hmi,
    FieldIo,
    Drive,
    XrayController,
    NdtWorkstation,
    Rectifier,
    Cnc,
    SafetyController,
    FuelRtu,
    PowerRtu,
    ScadaServer,
    OpcServer,
    EngineeringStation,
    Historian,
    Mes,
    DomainController,
    FileServer,
    BackupServer,
    JumpHost,
    SecurityServer,
    Erp,
    OfficePc,
    VendorHost,
    InternetHost,
    CalibrationLaptop,
    Firewall,
    Switch,
    /// Somebody else's; only there for an intrusion.
    Intruder,
}

/// How its TCP/IP stack looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stack {
    /// A controller: small window, no option but the segment size.
    Embedded,
    /// Windows: TTL 128, window scaling, selective acknowledgement.
    Windows,
    /// Linux and the like: TTL 64.
    Linux,
}

/// The CIP Identity object's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CipNumbers {
    pub(crate) vendor: u16,
    pub(crate) device_type: u16,
    pub(crate) product_code: u16,
    pub(crate) revision: (u8, u8),
}

/// One product.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) role: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) product: &'static str,
    /// Order or catalogue number; empty where there is none on the wire.
    pub(crate) code: &'static str,
    /// As its protocol's tools write it.
    pub(crate) firmware: Option<&'static str>,
    pub(crate) oui: [u8; 3],
    pub(crate) stack: Stack,
    pub(crate) cip: Option<CipNumbers>,
}

const VMWARE: [u8; 3] = [0x00, 0x50, 0x56];
const DELL: [u8; 3] = [0xf8, 0xb1, 0x56];
const HP: [u8; 3] = [0x3c, 0x52, 0x82];
const ROCKWELL: [u8; 3] = [0x00, 0x1d, 0x9c];
const SIEMENS: [u8; 3] = [0x00, 0x1b, 0x1b];

const fn cip(vendor: u16, device_type: u16, product_code: u16, revision: (u8, u8)) -> Option<CipNumbers> {
    Some(CipNumbers {
        vendor,
        device_type,
        product_code,
        revision,
    })
}

const fn device(role: &'static str, vendor: &'static str, product: &'static str, oui: [u8; 3]) -> Product {
    Product {
        role,
        vendor,
        product,
        code: "",
        firmware: None,
        oui,
        stack: Stack::Embedded,
        cip: None,
    }
}

const fn windows(role: &'static str, product: &'static str, oui: [u8; 3]) -> Product {
    Product {
        stack: Stack::Windows,
        firmware: Some("10.0.17763"),
        ..device(role, "Microsoft", product, oui)
    }
}

static S7_PLC: Product = Product {
    code: "6ES7 315-2EH14-0AB0",
    firmware: Some("V3.2.6"),
    ..device("plc", "Siemens", "CPU 315-2 PN/DP", SIEMENS)
};
static LOGIX_PLC: Product = Product {
    firmware: Some("20.011"),
    cip: cip(1, 14, 54, (20, 11)),
    ..device("plc", "Rockwell Automation", "1756-L61/B LOGIX5561", ROCKWELL)
};
static DAQ: Product = Product {
    code: "750-881",
    firmware: Some("01.08.16"),
    ..device(
        "field-device",
        "WAGO",
        "Ethernet Controller 750-881",
        [0x00, 0x30, 0xde],
    )
};
static HMI: Product = windows("hmi", "Panel PC", [0x00, 0x0b, 0xab]);
static FIELD_IO: Product = Product {
    firmware: Some("5.028"),
    cip: cip(1, 12, 108, (5, 28)),
    ..device("field-device", "Rockwell Automation", "1794-AENT/B", ROCKWELL)
};
static DRIVE: Product = Product {
    firmware: Some("12.001"),
    cip: cip(1, 123, 2192, (12, 1)),
    ..device(
        "drive",
        "Rockwell Automation",
        "PowerFlex 755",
        [0xf4, 0x54, 0x33],
    )
};
static XRAY: Product = Product {
    code: "ADAM-6050",
    firmware: Some("5.03"),
    ..device("field-device", "Advantech", "ADAM-6050", [0x00, 0x0b, 0xab])
};
static RECTIFIER: Product = Product {
    code: "TSXETY4103",
    firmware: Some("V5.5"),
    ..device(
        "field-device",
        "Schneider Electric",
        "TSX ETY 4103",
        [0x00, 0x80, 0xf4],
    )
};
static CNC: Product = Product {
    firmware: Some("4.95"),
    stack: Stack::Linux,
    ..device("plc", "Siemens", "SINUMERIK 840D sl", [0x28, 0x63, 0x36])
};
static SAFETY: Product = Product {
    firmware: Some("32.014"),
    cip: cip(1, 14, 66, (32, 14)),
    ..device(
        "safety-controller",
        "Rockwell Automation",
        "1756-L71S/B LOGIX5571S",
        ROCKWELL,
    )
};
static FUEL_RTU: Product = Product {
    firmware: Some("R145"),
    ..device(
        "rtu",
        "Schweitzer Engineering",
        "SEL-3530 RTAC",
        [0x00, 0x30, 0xa7],
    )
};
static POWER_RTU: Product = Product {
    firmware: Some("R113"),
    ..device("rtu", "Schweitzer Engineering", "SEL-751", [0x00, 0x30, 0xa7])
};
static SCADA: Product = windows("scada-server", "Windows Server 2019", VMWARE);
static OPC: Product = Product {
    firmware: Some("6.11.718"),
    stack: Stack::Windows,
    ..device("gateway", "Kepware", "KEPServerEX", VMWARE)
};
static ENGINEERING: Product = windows("engineering-workstation", "Windows 10", DELL);
static HISTORIAN: Product = windows("historian", "Windows Server 2019", VMWARE);
static MES: Product = Product {
    firmware: Some("1.22.1"),
    stack: Stack::Linux,
    ..device("mes", "nginx", "nginx", VMWARE)
};
static SERVER: Product = windows("server", "Windows Server 2019", VMWARE);
static JUMP: Product = windows("jump-host", "Windows Server 2019", VMWARE);
static WORKSTATION: Product = windows("workstation", "Windows 10", HP);
static NDT_WORKSTATION: Product = windows("workstation", "Windows 10", DELL);
static SECURITY: Product = Product {
    firmware: Some("2.4.57"),
    stack: Stack::Linux,
    ..device("server", "Apache", "Apache httpd", VMWARE)
};
static VENDOR: Product = windows("external", "Windows 10", DELL);
static INTERNET: Product = Product {
    stack: Stack::Linux,
    ..device("external", "", "", [0; 3])
};
static LAPTOP: Product = windows("workstation", "Windows 10", [0x98, 0xe7, 0x43]);
static INTRUDER: Product = Product {
    stack: Stack::Linux,
    ..device("unknown", "", "", [0x54, 0xee, 0x75])
};
static FIREWALL: Product = Product {
    stack: Stack::Linux,
    ..device("router", "Fortinet", "FortiGate-100F", [0x00, 0x09, 0x0f])
};
static SWITCH: Product = Product {
    firmware: Some("09.1.00"),
    stack: Stack::Linux,
    ..device("switch", "Hirschmann", "RSP35", [0x00, 0x80, 0x63])
};

/// The product that a kind of machine is here.
pub(crate) const fn product(kind: Kind) -> &'static Product {
    match kind {
        Kind::S7Plc => &S7_PLC,
        Kind::LogixPlc => &LOGIX_PLC,
        Kind::Daq => &DAQ,
        Kind::Hmi => &HMI,
        Kind::FieldIo => &FIELD_IO,
        Kind::Drive => &DRIVE,
        Kind::XrayController => &XRAY,
        Kind::NdtWorkstation => &NDT_WORKSTATION,
        Kind::Rectifier => &RECTIFIER,
        Kind::Cnc => &CNC,
        Kind::SafetyController => &SAFETY,
        Kind::FuelRtu => &FUEL_RTU,
        Kind::PowerRtu => &POWER_RTU,
        Kind::ScadaServer => &SCADA,
        Kind::OpcServer => &OPC,
        Kind::EngineeringStation => &ENGINEERING,
        Kind::Historian => &HISTORIAN,
        Kind::Mes => &MES,
        Kind::DomainController | Kind::FileServer | Kind::BackupServer | Kind::Erp => &SERVER,
        Kind::JumpHost => &JUMP,
        Kind::SecurityServer => &SECURITY,
        Kind::OfficePc => &WORKSTATION,
        Kind::VendorHost => &VENDOR,
        Kind::InternetHost => &INTERNET,
        Kind::CalibrationLaptop => &LAPTOP,
        Kind::Intruder => &INTRUDER,
        Kind::Firewall => &FIREWALL,
        Kind::Switch => &SWITCH,
    }
}
