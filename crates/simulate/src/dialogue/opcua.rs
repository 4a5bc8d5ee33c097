//! OPC UA clients: a subscription that is published for ever, or readings with an order written now and then.

use super::{Cx, Turn};
use crate::calendar::{Shift, shift};
use crate::encode::opcua::{self, Channel, Node, Request, Response, Value, ticks};
use std::time::Duration;

/// What a client is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpcUaJob {
    /// Subscribes and takes what is published.
    Subscribe,
    /// Reads for ever, and writes an order number in the day shift.
    Orders,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Hello,
    OpenChannel,
    CreateSession,
    ActivateSession,
    ReadBuild,
    CreateSubscription,
    Monitor,
    Publish,
    Read,
    Write,
}

/// An order is written once in so many readings.
const WRITES_ONE_IN: u64 = 12;
/// BuildInfo's product name, manufacturer and software version (OPC 10000-6, annex A).
const BUILD: [Node<'static>; 3] = [Node::Standard(2261), Node::Standard(2263), Node::Standard(2264)];
const TAGS: [Node<'static>; 6] = [
    Node::Named("TestCell1.N1"),
    Node::Named("TestCell1.N2"),
    Node::Named("TestCell1.EGT"),
    Node::Named("TestCell2.Thrust"),
    Node::Named("Plating.Bath1.Temperature"),
    Node::Named("Plating.Bath1.Current"),
];
const ORDER: Node<'static> = Node::Named("WorkOrder.Current");

#[derive(Clone, Debug)]
pub(crate) struct OpcUa {
    job: OpcUaJob,
    asked: u32,
    pending: Option<Ask>,
    channel: u32,
    session: u32,
    published: u32,
}

impl OpcUa {
    pub(crate) const fn new(job: OpcUaJob) -> Self {
        Self {
            job,
            asked: 0,
            pending: None,
            channel: 0,
            session: 0,
            published: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.job);
    }

    pub(crate) fn turn(&mut self, cx: &mut Cx<'_>) -> Turn {
        if let Some(ask) = self.pending.take() {
            self.answer(cx, ask);
            let rests = matches!(ask, Ask::Read | Ask::Write);
            return Turn::server(if rests {
                cx.rest()
            } else {
                Duration::from_millis(2)
            });
        }
        let ask = self.next(cx);
        self.asked = self.asked.saturating_add(1);
        self.question(cx, ask);
        self.pending = Some(ask);
        if ask == Ask::Publish {
            // The server holds the question until there is something to publish.
            return Turn::client(cx.rest());
        }
        Turn::client(cx.server_time())
    }

    fn next(&self, cx: &mut Cx<'_>) -> Ask {
        match (self.asked, self.job) {
            (0, _) => Ask::Hello,
            (1, _) => Ask::OpenChannel,
            (2, _) => Ask::CreateSession,
            (3, _) => Ask::ActivateSession,
            (4, _) => Ask::ReadBuild,
            (5, OpcUaJob::Subscribe) => Ask::CreateSubscription,
            (6, OpcUaJob::Subscribe) => Ask::Monitor,
            (_, OpcUaJob::Subscribe) => Ask::Publish,
            (_, OpcUaJob::Orders) => {
                if shift(cx.now) == Shift::Day && cx.dice.below(WRITES_ONE_IN) == 0 {
                    Ask::Write
                } else {
                    Ask::Read
                }
            }
        }
    }

    fn numbers(&self, cx: &Cx<'_>) -> Channel {
        Channel {
            channel: self.channel,
            token: 1,
            // Hello has no number; the first message of the channel is 1.
            sequence: self.asked.saturating_sub(1),
            request: self.asked.saturating_sub(1),
            time: ticks(cx.now.nanos()),
            session: self.session,
        }
    }

    fn question(&self, cx: &mut Cx<'_>, ask: Ask) {
        let channel = self.numbers(cx);
        let url = url(cx);
        let interval = cx.period.as_secs_f64() * 1000.0;
        let order = format!("WO-{}", 10_000 + cx.dice.word() % 10_000);
        let request = match ask {
            Ask::Hello => return opcua::hello(cx.out, &url),
            Ask::OpenChannel => return opcua::open_channel(cx.out, &channel),
            Ask::CreateSession => Request::CreateSession {
                application: &cx.client.id,
                url: &url,
            },
            Ask::ActivateSession => Request::ActivateSession,
            Ask::ReadBuild => Request::Read(&BUILD),
            Ask::CreateSubscription => Request::CreateSubscription { interval },
            Ask::Monitor => Request::Monitor(&TAGS),
            Ask::Publish => Request::Publish {
                acknowledged: (self.published > 0).then_some(self.published),
            },
            Ask::Read => Request::Read(&TAGS),
            Ask::Write => Request::Write(ORDER, Value::Text(&order)),
        };
        opcua::request(cx.out, &channel, &request);
    }

    fn answer(&mut self, cx: &mut Cx<'_>, ask: Ask) {
        if ask == Ask::OpenChannel {
            self.channel = cx.dice.long() | 1;
        } else if ask == Ask::CreateSession {
            self.session = cx.dice.long() | 1;
        } else if ask == Ask::Publish {
            self.published = self.published.wrapping_add(1);
        }
        let channel = self.numbers(cx);
        let url = url(cx);
        let product = cx.server.product;
        let product_uri = format!("urn:{}:{}", product.vendor, product.product).replace(' ', "-");
        let build = [
            Value::Text(product.product),
            Value::Text(product.vendor),
            Value::Text(product.firmware.unwrap_or_default()),
        ];
        let mut readings = [(0, Value::Float(0.0)); TAGS.len()];
        for (handle, (number, value)) in readings.iter_mut().enumerate() {
            *number = crate::encode::len32(handle);
            *value = Value::Float(600.0 + f32::from(cx.dice.word() % 1000) / 10.0);
        }
        let values = readings.map(|(_, value)| value);
        let changed = usize::try_from(1 + cx.dice.below(3)).unwrap_or(1);
        let response = match ask {
            Ask::Hello => return opcua::acknowledge(cx.out),
            Ask::OpenChannel => return opcua::channel_opened(cx.out, &channel),
            Ask::CreateSession => Response::SessionCreated {
                url: &url,
                server: &cx.server.id,
                product: &product_uri,
            },
            Ask::ActivateSession => Response::SessionActivated,
            Ask::ReadBuild => Response::Values(&build),
            Ask::CreateSubscription => Response::SubscriptionCreated {
                interval: cx.period.as_secs_f64() * 1000.0,
            },
            Ask::Monitor => Response::Monitored(crate::encode::len32(TAGS.len())),
            Ask::Publish => Response::Published {
                sequence: self.published,
                changes: readings.get(..changed).unwrap_or_default(),
            },
            Ask::Read => Response::Values(&values),
            Ask::Write => Response::Written,
        };
        opcua::response(cx.out, &channel, &response);
    }
}

fn url(cx: &Cx<'_>) -> String {
    format!("opc.tcp://{}:{}", cx.server.id, opcua::PORT)
}
