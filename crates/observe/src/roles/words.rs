//! Names of protocols by what they are for.

/// Protocols in which controllers answer.
pub(super) const CONTROLLER: &[&str] = &[
    "ads",
    "cip",
    "codesys",
    "enip",
    "fins",
    "ge-srtp",
    "melsec",
    "modbus",
    "pccc",
    "s7comm",
    "s7comm-plus",
    "umas",
];
/// Protocols in which telecontrol stations and protection devices answer.
pub(super) const TELECONTROL: &[&str] = &["c37118", "dnp3", "iec104", "mms"];
/// Protocols in which controllers of buildings answer.
pub(super) const BUILDING: &[&str] = &["bacnet", "fox", "knxnet-ip"];
/// Protocols in which engineers set up controllers and what hangs on them.
pub(super) const CONFIGURED: &[&str] = &[
    "ads",
    "cip",
    "codesys",
    "enip",
    "fins",
    "ge-srtp",
    "melsec",
    "modbus",
    "pccc",
    "profinet",
    "s7comm",
    "s7comm-plus",
    "umas",
];
/// Services for people at a distance.
pub(super) const REMOTE: &[&str] = &["rdp", "ssh", "teamviewer", "vnc"];
/// Services of office and server-room computers.
pub(super) const OFFICE: &[&str] = &[
    "dhcp",
    "dns",
    "ftp",
    "http",
    "kerberos",
    "ldap",
    "ldaps",
    "ms-rpc",
    "mssql",
    "mysql",
    "netbios-ssn",
    "nfs",
    "ntp",
    "oracle",
    "postgresql",
    "rdp",
    "smb",
    "smtp",
    "ssh",
    "syslog",
    "tls",
    "winrm",
];
/// Controllers that a single operator panel is likely to show at most.
pub(super) const PANEL_CONTROLLERS: usize = 3;

/// In the names of controllers.
pub(super) const PLC_PRODUCTS: &[&str] = &[
    "programmable logic controller",
    "s7-",
    "cpu",
    "6es7 2",
    "6es7 3",
    "6es7 4",
    "6es7 5",
    "controllogix",
    "compactlogix",
    "micrologix",
    "slc",
    "1756-l",
    "1769-l",
    "1747-l",
    "modicon",
    "bmx p34",
    "bme p58",
    "tsx",
    "m340",
    "m580",
    "quantum",
    "cj1",
    "cj2",
    "cp1",
    "nx1p",
    "melsec",
    "sinumerik",
];

/// In the names of inputs and outputs on a network that may run a program, or none.
pub(super) const NODE_PRODUCTS: &[&str] = &["750-8", "750-3", "bk9", "bc9", "il eth", "inline"];

/// Makers of controllers.
pub(super) const CONTROLLER_MAKERS: &[&str] = &[
    "siemens",
    "rockwell",
    "telemecanique",
    "schneider",
    "omron",
    "mitsubishi",
    "wago",
    "beckhoff",
    "phoenix contact",
    "allen-bradley",
];

/// In the names of safety controllers.
pub(super) const SAFETY_PRODUCTS: &[&str] = &[
    "safety",
    "failsafe",
    "fail-safe",
    "guardlogix",
    "l71s",
    "l72s",
    "l73s",
    "l81es",
    "l82es",
    "l83es",
    "l84es",
    "ers2",
    "erms",
    "guardplc",
    "triconex",
    "tricon",
    "trident",
    "himax",
    "himatrix",
    "1756-l7xs",
    "1769-l3xers",
    "315f",
    "317f",
    "319f",
    "414f",
    "416f",
    "1510sf",
    "1511f",
    "1512sf",
    "1513f",
    "1515f",
    "1516f",
    "1517f",
    "1518f",
    "1214fc",
    "1215fc",
];

/// In the names of remote inputs and outputs, sensors and actuators.
pub(super) const FIELD_PRODUCTS: &[&str] = &[
    "et 200",
    "et200",
    "remote i/o",
    "adam-",
    "point i/o",
    "flex i/o",
    "1734-",
    "1794-",
    "im 15",
    "transmitter",
    "encoder",
    "valve",
];

/// In the names of drives.
pub(super) const DRIVE_PRODUCTS: &[&str] = &[
    "powerflex",
    "sinamics",
    "ac drive",
    "dc drive",
    "kinetix",
    "altivar",
    "acs880",
    "acs580",
    "movidrive",
    "servo",
];

/// In the names of operator panels.
pub(super) const PANEL_PRODUCTS: &[&str] = &[
    "panelview",
    "human-machine interface",
    "hmi",
    "comfort panel",
    "tp1200",
    "tp700",
    "ktp",
    "simatic panel",
    "magelis",
];

/// In the names of protocol gateways.
pub(super) const GATEWAY_PRODUCTS: &[&str] = &[
    "gateway",
    "mgate",
    "nport",
    "iologik",
    "device server",
    "anybus",
    "moxa",
];

/// In the names of switches.
pub(super) const SWITCH_PRODUCTS: &[&str] = &["switch", "scalance x", "stratix", "catalyst", "rs20", "mach1"];

/// Makers of industrial switches.
pub(super) const SWITCH_MAKERS: &[&str] =
    &["moxa", "hirschmann", "westermo", "ruggedcom", "belden", "korenix"];

/// Protocols in which controllers answer, but few simpler devices.
pub(super) const CONTROLLER_BUT_MODBUS: &[&str] = &[
    "ads",
    "cip",
    "codesys",
    "enip",
    "fins",
    "ge-srtp",
    "melsec",
    "pccc",
    "s7comm",
    "s7comm-plus",
    "umas",
];
/// What people's computers use.
pub(super) const DESKTOP: &[&str] = &[
    "dhcp",
    "http",
    "kerberos",
    "ldap",
    "ldaps",
    "ms-rpc",
    "netbios-ssn",
    "rdp",
    "smb",
    "smtp",
    "tls",
];
/// Makers of routers and firewalls.
pub(super) const ROUTER_MAKERS: &[&str] = &[
    "check point",
    "fortinet",
    "juniper",
    "palo alto",
    "sonicwall",
    "stormshield",
    "watchguard",
];
/// In the names of servers.
pub(super) const SERVER_NAMES: &[&str] = &[
    "app", "backup", "db", "dc", "erp", "file", "files", "mail", "print", "sap", "server", "sql", "srv",
    "web",
];
