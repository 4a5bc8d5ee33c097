//! Well-known ports of services that have no dissector, or may have been joined too late for one to tell.
//!
//! A name found here is a guess by the port alone and is marked as one. Names are those that a dissector would use.
//! Source: IANA's service names and port numbers, and the makers' manuals for those that IANA does not list.

use cofferdam_dissect::Protocol;

/// A service: its name, whether on TCP, whether on UDP, its ports.
struct Service(&'static str, On, &'static [u16]);

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Tcp,
    Udp,
    Both,
}

use On::{Both, Tcp, Udp};

const SERVICES: &[Service] = &[
    Service("ads", Tcp, &[48_898]),
    Service("ads", Udp, &[48_899]),
    Service("amqp", Tcp, &[5671, 5672]),
    Service("bacnet", Udp, &[47_808]),
    Service("c37118", Both, &[4712, 4713]),
    Service("codesys", Tcp, &[1217, 11_740]),
    Service("dhcp", Udp, &[67, 68]),
    Service("dnp3", Both, &[20_000]),
    Service("dns", Both, &[53]),
    Service("enip", Both, &[44_818]),
    Service("enip-io", Udp, &[2222]),
    Service("fins", Both, &[9600]),
    Service("fox", Tcp, &[1911, 4911]),
    Service("ftp", Tcp, &[21]),
    Service("ge-srtp", Tcp, &[18_245, 18_246]),
    Service("hart-ip", Both, &[5094]),
    Service("http", Tcp, &[80, 8080]),
    Service("iec104", Tcp, &[2404]),
    Service("kerberos", Both, &[88]),
    Service("knxnet-ip", Udp, &[3671]),
    Service("ldap", Both, &[389]),
    Service("ldaps", Tcp, &[636]),
    Service("llmnr", Udp, &[5355]),
    Service("mdns", Udp, &[5353]),
    Service("melsec", Both, &[5006, 5007]),
    Service("modbus", Both, &[502]),
    Service("mqtt", Tcp, &[1883]),
    Service("mqtts", Tcp, &[8883]),
    Service("ms-rpc", Tcp, &[135]),
    Service("mssql", Tcp, &[1433]),
    Service("mssql-browser", Udp, &[1434]),
    Service("mysql", Tcp, &[3306]),
    Service("netbios-dgm", Udp, &[138]),
    Service("netbios-ns", Udp, &[137]),
    Service("netbios-ssn", Tcp, &[139]),
    Service("nfs", Both, &[2049]),
    Service("ntp", Udp, &[123]),
    Service("opcua", Tcp, &[4840]),
    Service("oracle", Tcp, &[1521]),
    Service("osisoft-pi", Tcp, &[5450]),
    Service("postgresql", Tcp, &[5432]),
    Service("profinet-cm", Udp, &[34_962, 34_963, 34_964]),
    Service("ptp", Udp, &[319, 320]),
    Service("radius", Udp, &[1812, 1813]),
    Service("rdp", Both, &[3389]),
    // MMS shares it, and is met in substations alone.
    Service("s7comm", Tcp, &[102]),
    Service("smb", Tcp, &[445]),
    Service("smtp", Tcp, &[25, 587]),
    Service("snmp", Udp, &[161]),
    Service("snmp-trap", Udp, &[162]),
    Service("ssdp", Udp, &[1900]),
    Service("ssh", Tcp, &[22]),
    Service("syslog", Both, &[514]),
    Service("syslog-tls", Tcp, &[6514]),
    Service("teamviewer", Both, &[5938]),
    Service("telnet", Tcp, &[23]),
    Service("tftp", Udp, &[69]),
    Service("tls", Tcp, &[443, 8443]),
    Service("vnc", Tcp, &[5800, 5900, 5901]),
    Service("winrm", Tcp, &[5985, 5986]),
    Service("ws-discovery", Udp, &[3702]),
];

/// Names by port, for one transport.
pub(super) fn tcp() -> impl Iterator<Item = (u16, Protocol)> {
    on(Udp)
}

/// Names by port, for one transport.
pub(super) fn udp() -> impl Iterator<Item = (u16, Protocol)> {
    on(Tcp)
}

fn on(not: On) -> impl Iterator<Item = (u16, Protocol)> {
    SERVICES
        .iter()
        .filter(move |Service(_, on, _)| *on != not)
        .flat_map(|Service(name, _, ports)| ports.iter().map(|port| (*port, Protocol(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_has_two_names() {
        let (mut tcp, mut udp): (Vec<_>, Vec<_>) = (tcp().collect(), udp().collect());
        for ports in [&mut tcp, &mut udp] {
            ports.sort_unstable();
            let all = ports.len();
            ports.dedup_by_key(|(port, _)| *port);
            assert_eq!(ports.len(), all);
        }
    }
}
