//! Conversations as the plan names them: constructors for each protocol, with what is asked over each.

use crate::dialogue::{
    Before, Cip, CipJob, CyclicData, Dialogue, Dnp3, Dnp3Job, Dns, Http, HttpJob, ModbusPoints, ModbusPoll,
    Ntp, OpcUa, OpcUaJob, Rest, S7, S7Job, Smb, SmbJob, Ssh, Tls, TlsPlan,
};
use crate::encode::tls::Version;
use crate::encode::{dns, enip, ntp, opcua, smb2};
use crate::engine::{Carrier, Duty, Life, Tcp};
use crate::plant::HostId;
use cofferdam_terms::OperationClass::{
    self, Configure, Control, Identify, Program, Read, Session, Time, Write,
};
use cofferdam_terms::{OperationSet, Transport};
use std::time::Duration;

/// A conversation to open at the beginning or when an event begins.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) client: HostId,
    pub(crate) server: HostId,
    pub(crate) protocol: &'static str,
    pub(crate) transport: Transport,
    /// The client's port, or 0 for any.
    pub(crate) client_port: u16,
    pub(crate) port: u16,
    pub(crate) operations: OperationSet,
    pub(crate) carrier: Carrier,
    pub(crate) dialogue: Dialogue,
    pub(crate) period: Duration,
    pub(crate) life: Life,
    /// How long a connection is kept before it is closed and opened anew.
    pub(crate) kept: Duration,
    pub(crate) duty: Duty,
    pub(crate) begins: Begins,
}

/// When a standing conversation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begins {
    /// With the capture.
    Seen,
    /// Before it, so that nobody saw it being opened.
    Before,
}

/// Rest before a standing connection is opened anew.
const REOPEN: Duration = Duration::from_secs(5);
/// For conversations that have no period.
const NONE: Duration = Duration::from_secs(1);

/// Who talks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair(pub(crate) HostId, pub(crate) HostId);

impl Link {
    fn new(
        pair: Pair,
        (protocol, transport, port): Service,
        operations: &[OperationClass],
        dialogue: Dialogue,
    ) -> Self {
        Self {
            client: pair.0,
            server: pair.1,
            protocol,
            transport,
            client_port: 0,
            port,
            operations: operations.iter().copied().collect(),
            carrier: if transport == Transport::TCP {
                Carrier::Tcp(Tcp::default())
            } else {
                Carrier::Udp
            },
            dialogue,
            period: NONE,
            life: Life::Once,
            kept: Duration::MAX,
            duty: Duty::Always,
            begins: Begins::Seen,
        }
    }

    /// Goes on for ever with a period.
    pub(crate) fn every(self, period: Duration) -> Self {
        Self {
            period,
            life: Life::Again(REOPEN),
            ..self
        }
    }

    /// Comes again so long after it has ended.
    pub(crate) fn again(self, after: Duration) -> Self {
        Self {
            life: Life::Again(after),
            ..self
        }
    }

    /// Is opened anew after so long.
    pub(crate) fn kept(self, kept: Duration) -> Self {
        Self { kept, ..self }
    }

    /// Was there before the capture.
    pub(crate) fn before(self) -> Self {
        Self {
            begins: Begins::Before,
            ..self
        }
    }

    pub(crate) fn on(self, duty: Duty) -> Self {
        Self { duty, ..self }
    }

    pub(crate) fn modbus(pair: Pair, points: ModbusPoints) -> Self {
        let operations: &[_] = match points {
            ModbusPoints::Panel | ModbusPoints::Rectifier | ModbusPoints::Calibration => {
                &[Identify, Read, Write]
            }
            ModbusPoints::Measurements => &[Identify, Read],
        };
        let dialogue = Dialogue::ModbusPoll(ModbusPoll::new(points));
        Self::new(pair, ("modbus", Transport::TCP, 502), operations, dialogue)
    }

    pub(crate) fn s7(pair: Pair, job: S7Job) -> Self {
        let operations: &[_] = match job {
            S7Job::Panel | S7Job::Tamper => &[Session, Identify, Read, Write],
            S7Job::Read => &[Session, Identify, Read],
            S7Job::Upload => &[Session, Identify, Program],
            S7Job::Clock => &[Session, Identify, Time],
            S7Job::Replace => &[Session, Identify, Program, Control],
        };
        Self::new(
            pair,
            ("s7comm", Transport::TCP, 102),
            operations,
            Dialogue::S7(S7::new(job)),
        )
    }

    pub(crate) fn cip(pair: Pair, job: CipJob) -> Self {
        let operations: &[_] = match job {
            CipJob::Panel | CipJob::Calibrate => &[Session, Identify, Read, Write],
            CipJob::Read => &[Session, Identify, Read],
            CipJob::Browse => &[Session, Identify, Read, Program],
            CipJob::OpenCyclic => &[Session, Identify],
        };
        Self::new(
            pair,
            ("enip", Transport::TCP, enip::PORT),
            operations,
            Dialogue::Cip(Cip::new(job)),
        )
    }

    /// Cyclic data between two devices, with the session that opened it.
    pub(crate) fn cyclic(pair: Pair, period: Duration) -> [Self; 2] {
        let data = Self {
            client_port: enip::IO_PORT,
            ..Self::new(
                pair,
                ("enip-io", Transport::UDP, enip::IO_PORT),
                &[Read, Write],
                Dialogue::CyclicData(CyclicData::default()),
            )
        };
        [
            Self::cip(pair, CipJob::OpenCyclic).every(period),
            data.every(period),
        ]
    }

    pub(crate) fn dnp3(pair: Pair, job: Dnp3Job) -> Self {
        let operations: &[_] = match job {
            Dnp3Job::Master => &[
                Session,
                Identify,
                Read,
                Control,
                Configure,
                Time,
                OperationClass::Alarm,
            ],
            Dnp3Job::Watch => &[Session, Identify, Read, Configure, Time, OperationClass::Alarm],
            Dnp3Job::Rogue => &[Control],
            Dnp3Job::Flood => &[OperationClass::Alarm],
        };
        Self::new(
            pair,
            ("dnp3", Transport::TCP, 20_000),
            operations,
            Dialogue::Dnp3(Dnp3::new(job)),
        )
    }

    pub(crate) fn opcua(pair: Pair, job: OpcUaJob) -> Self {
        let operations: &[_] = match job {
            OpcUaJob::Subscribe => &[Session, Read],
            OpcUaJob::Orders => &[Session, Read, Write],
        };
        Self::new(
            pair,
            ("opcua", Transport::TCP, opcua::PORT),
            operations,
            Dialogue::OpcUa(OpcUa::new(job)),
        )
    }

    /// HTTPS of so many exchanges with questions and answers of so many bytes at most.
    pub(crate) fn https(
        pair: Pair,
        version: Version,
        exchanges: u32,
        (question, answer): (u16, u16),
    ) -> Self {
        let plan = TlsPlan {
            version,
            before: Before::Nothing,
            exchanges,
            question,
            answer,
            rest: Rest::Short,
        };
        Self::new(
            pair,
            ("tls", Transport::TCP, 443),
            &[Session],
            Dialogue::Tls(Tls::new(plan)),
        )
    }

    /// A remote desktop with so many exchanges of pictures and clicks.
    pub(crate) fn rdp(pair: Pair, exchanges: u32) -> Self {
        let plan = TlsPlan {
            version: Version::Tls12,
            before: Before::Rdp,
            exchanges,
            question: 180,
            // One segment: readers that don't see the TLS in RDP take noise at a segment's start for a TPKT header.
            answer: 1_400,
            rest: Rest::Period,
        };
        Self {
            period: Duration::from_secs(9),
            ..Self::new(
                pair,
                ("rdp", Transport::TCP, 3389),
                &[Session],
                Dialogue::Tls(Tls::new(plan)),
            )
        }
    }

    pub(crate) fn ssh(pair: Pair, lines: u32) -> Self {
        Self::new(
            pair,
            ("ssh", Transport::TCP, 22),
            &[Session],
            Dialogue::Ssh(Ssh::new(lines)),
        )
    }

    pub(crate) fn smb(pair: Pair, job: SmbJob) -> Self {
        let service = ("smb", Transport::TCP, smb2::PORT);
        Self::new(
            pair,
            service,
            &[Session, OperationClass::File],
            Dialogue::Smb(Smb::new(job)),
        )
    }

    pub(crate) fn http(pair: Pair, job: HttpJob) -> Self {
        let operations: &[_] = match job {
            HttpJob::Orders | HttpJob::Signatures => &[Read],
            HttpJob::Report => &[Write],
        };
        Self::new(
            pair,
            ("http", Transport::TCP, 80),
            operations,
            Dialogue::Http(Http::new(job)),
        )
    }

    pub(crate) fn dns(pair: Pair) -> Self {
        let service = ("dns", Transport::UDP, dns::PORT);
        Self::new(pair, service, &[Identify], Dialogue::Dns(Dns::default()))
    }

    pub(crate) fn ntp(pair: Pair) -> Self {
        let link = Self::new(
            pair,
            ("ntp", Transport::UDP, ntp::PORT),
            &[Time],
            Dialogue::Ntp(Ntp::default()),
        );
        Self {
            client_port: ntp::PORT,
            ..link
        }
    }

    pub(crate) fn syslog(pair: Pair) -> Self {
        let link = Self::new(
            pair,
            ("syslog", Transport::UDP, 514),
            &[OperationClass::Alarm],
            Dialogue::Syslog,
        );
        Self {
            client_port: 514,
            ..link
        }
    }

    /// A knock on a port. `carrier` says how it is answered.
    pub(crate) fn knock(pair: Pair, port: u16, carrier: Tcp) -> Self {
        Self {
            carrier: Carrier::Tcp(carrier),
            ..Self::new(pair, ("tcp", Transport::TCP, port), &[], Dialogue::Silence)
        }
    }
}

type Service = (&'static str, Transport, u16);
